// Runs the baseline variant over chains of layers from standard input and writes every result to standard output, as doubles; as
// driver.cc, for test_chain_driver.py.
#include <stdio.h>
#include <stdlib.h>

#include <vector>

#include "kernel.h"

static void read_all(void *to, size_t size) {
  if (size && fread(to, size, 1, stdin) != 1) {
    fprintf(stderr, "the cases end early\n");
    exit(1);
  }
}

template <class T> static std::vector<T> read_many() {
  int64_t n;
  read_all(&n, sizeof n);
  std::vector<T> values((size_t)n);
  read_all(values.data(), (size_t)n * sizeof(T));
  return values;
}

template <class T> static const T *or_null(const std::vector<T> &values) { return values.empty() ? NULL : values.data(); }

static void write_all(const std::vector<float> &values) {
  for (float x : values) {
    const double number = x;
    fwrite(&number, sizeof number, 1, stdout);
  }
}

struct Header {
  int32_t height, width, columns, tokens, loss, batch_size, threads, truncate;
  int64_t n_units, n_samples, answers;
};

static void run_case() {
  Header h;
  read_all(&h, sizeof h);
  const std::vector<AnnStep> steps = read_many<AnnStep>();
  const std::vector<float> products = read_many<float>(), numbers = read_many<float>();
  AnnRule rule;
  read_all(&rule, sizeof rule);
  std::vector<float> parameters = read_many<float>();
  const std::vector<float> values = read_many<float>();
  const std::vector<int32_t> tokens = read_many<int32_t>();
  const std::vector<int64_t> starts = read_many<int64_t>();
  const std::vector<float> targets = read_many<float>();
  const std::vector<int64_t> target_starts = read_many<int64_t>();
  const std::vector<float> weights = read_many<float>();

  std::vector<AnnForm> forms(steps.size() + 1);
  std::vector<int> fan_in(steps.size());
  forms[0] = {h.height, h.width, h.columns, 0, h.tokens != 0};
  for (size_t k = 0; k < steps.size(); k++)
    if (const char *what = trace_step(steps[k], forms.data(), (int)k, &forms[k + 1], &fan_in[k])) {
      fprintf(stderr, "step %d: %s\n", (int)k + 1, what);
      exit(1);
    }
  const AnnChain chain = {(int)steps.size(), steps.data(), forms.data(), fan_in.data(), products.data(), h.n_units, or_null(numbers)};
  const AnnKernel &kernel = ann_kernel_baseline;
  AnnChainPlan *plan = kernel.create_chain(&chain);
  const AnnSamples samples = {values.data(), or_null(tokens), or_null(starts), targets.data(), or_null(target_starts), or_null(weights),
                              NULL, h.n_samples};
  const size_t P = parameters.size();
  std::vector<float> outputs((size_t)h.answers * forms.back().columns), gradient(P), first(P), second(P);
  for (const AnnAim aim : {ANN_OUTPUTS, ANN_GRADIENT, ANN_EPOCH}) {
    AnnChainCall call = {aim,           h.loss,        h.threads,       &samples,          &rule, parameters.data(), first.data(), second.data(),
                         gradient.data(), outputs.data(), h.batch_size, 0, 0, h.truncate, -1, NULL, 0, 0};
    if (kernel.run_chain(plan, &call) != ANN_OK) exit(1);
    write_all(aim == ANN_GRADIENT ? gradient : aim == ANN_EPOCH ? parameters : outputs);
    if (aim != ANN_OUTPUTS) write_all({(float)(call.total / (double)call.answers)});
  }
  kernel.destroy_chain(plan);
}

int main() {
  int32_t n_cases;
  read_all(&n_cases, sizeof n_cases);
  for (int i = 0; i < n_cases; i++) run_case();
  return 0;
}
