// The Python module anncli.compiled._native: its table of calls, and the codes and names that Python compares with its own.
#include "calls.h"
#include "chain_handle.h"
#include "events_calls.h"
#include "lexicon_calls.h"
#include "plan_handle.h"
#include "word_calls.h"

static PyObject *tuple_of(const char *const *names, int n) {
  PyObject *tuple = PyTuple_New(n);
  for (int i = 0; tuple && i < n; i++) {
    PyObject *name = PyUnicode_FromString(names[i]);
    if (!name || PyTuple_SetItem(tuple, i, name)) {
      Py_DECREF(tuple);
      return NULL;
    }
  }
  return tuple;
}

// variants() -> the names of the instruction sets that this machine runs, best first
static PyObject *variants(PyObject *, PyObject *) {
  const AnnKernel *found[MOST_VARIANTS];
  const char *names[MOST_VARIANTS];
  const int n = find_variants(found);
  for (int i = 0; i < n; i++) names[i] = found[i]->name;
  return tuple_of(names, n);
}

#define NAME_OF(CODE, TEXT) TEXT,

// activations(), losses(), rules(), turns() -> names, each at the place of its code
static PyObject *activations(PyObject *, PyObject *) {
  static const char *const names[] = {ANN_ACTIVATIONS(NAME_OF) ANN_ROW_ACTIVATIONS(NAME_OF)};
  return tuple_of(names, N_ACTIVATIONS);
}

static PyObject *losses(PyObject *, PyObject *) {
  static const char *const names[] = {ANN_LOSSES(NAME_OF)};
  return tuple_of(names, N_LOSSES);
}

static PyObject *rules(PyObject *, PyObject *) {
  static const char *const names[] = {ANN_RULES(NAME_OF)};
  return tuple_of(names, N_RULES);
}

static PyObject *turns(PyObject *, PyObject *) {
  static const char *const names[] = {ANN_TURNS(NAME_OF)};
  return tuple_of(names, N_TURNS);
}

// steps() -> names, each at the place of its code; step_layout() -> the names of the columns of an array of steps
static PyObject *steps(PyObject *, PyObject *) {
  static const char *const names[] = {ANN_STEPS(NAME_OF)};
  return tuple_of(names, N_STEPS);
}

static PyObject *step_layout(PyObject *, PyObject *) {
#define STEP_NAME(NAME) #NAME,
  static const char *const names[] = {ANN_STEP_FIELDS(STEP_NAME)};
  return tuple_of(names, (int)(sizeof names / sizeof *names));
}

// rule_layout() -> (a format of the struct module, the names of the fields): how epoch() and batch_gradient() read a rule
static PyObject *rule_layout(PyObject *, PyObject *) {
#define LETTER_OF(TYPE, NAME, LETTER) LETTER
#define FIELD_NAME(TYPE, NAME, LETTER) #NAME,
  static const char *const names[] = {ANN_RULE_FIELDS(FIELD_NAME)};
  return Py_BuildValue("sN", "=" ANN_RULE_FIELDS(LETTER_OF), tuple_of(names, (int)(sizeof names / sizeof *names)));
}

template <class Call> static PyCFunction as_method(Call call) { return (PyCFunction)(void (*)(void))call; }

static PyMethodDef methods[] = {
    {"variants", variants, METH_NOARGS, NULL},
    {"activations", activations, METH_NOARGS, NULL},
    {"losses", losses, METH_NOARGS, NULL},
    {"rules", rules, METH_NOARGS, NULL},
    {"turns", turns, METH_NOARGS, NULL},
    {"rule_layout", rule_layout, METH_NOARGS, NULL},
    {"steps", steps, METH_NOARGS, NULL},
    {"step_layout", step_layout, METH_NOARGS, NULL},
    {"plan", make_plan, METH_VARARGS, NULL},
    {"chain", make_chain, METH_VARARGS, NULL},
    {"run_chain", as_method(run_chain), METH_FASTCALL, NULL},
    {"forward", as_method(forward), METH_FASTCALL, NULL},
    {"loss_and_gradient", as_method(loss_and_gradient), METH_FASTCALL, NULL},
    {"batch_gradient", as_method(batch_gradient), METH_FASTCALL, NULL},
    {"epoch", as_method(epoch), METH_FASTCALL, NULL},
    {"add_fixed", as_method(add_fixed), METH_FASTCALL, NULL},
    {"chunk_gradients", as_method(chunk_gradients), METH_FASTCALL, NULL},
    {"rprop_step", as_method(rprop_step), METH_FASTCALL, NULL},
    {"parse_block", as_method(parse_block), METH_FASTCALL, NULL},
    {"parse_pairs", as_method(parse_pairs), METH_FASTCALL, NULL},
    {"fill_pairs", as_method(fill_pairs), METH_FASTCALL, NULL},
    {"parse_numbers", as_method(parse_numbers), METH_FASTCALL, NULL},
    {"count_bytes", as_method(count_bytes), METH_FASTCALL, NULL},
    {"utf8_end", as_method(utf8_end), METH_FASTCALL, NULL},
    {"parse_table", as_method(parse_table), METH_FASTCALL, NULL},
    {"format_rows", as_method(format_rows), METH_FASTCALL, NULL},
    {"lif_forward", as_method(lif_forward), METH_FASTCALL, NULL},
    {"lif_backward", as_method(lif_backward), METH_FASTCALL, NULL},
    {"peak_forward", as_method(peak_forward), METH_FASTCALL, NULL},
    {"run_spikes", as_method(run_spikes), METH_FASTCALL, NULL},
    {"lexicon", as_method(make_lexicon), METH_FASTCALL, NULL},
    {"grow_lexicon", as_method(grow_lexicon), METH_FASTCALL, NULL},
    {"find_words", as_method(find_words), METH_FASTCALL, NULL},
    {"count_words", as_method(count_words), METH_FASTCALL, NULL},
    {"word_counts", as_method(word_counts), METH_FASTCALL, NULL},
    {"spell_words", as_method(spell_words), METH_FASTCALL, NULL},
    {"learn_words", as_method(learn_words), METH_FASTCALL, NULL},
    {"peak_backward", as_method(peak_backward), METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_native", "Compiled kernels and text parser.", 0, methods,
                                 NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__native(void) { return PyModuleDef_Init(&definition); }
