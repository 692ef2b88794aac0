// Runs the baseline variant over cases from standard input and writes every result to standard output, as doubles.
//
// It needs nothing of Python, so that it can be compiled for another processor and run in an emulator; test_driver.py writes
// the cases and compares the results.
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

template <class T> static std::vector<T> read_many(size_t n) {
  std::vector<T> values(n);
  read_all(values.data(), n * sizeof(T));
  return values;
}

static void write_number(double x) { fwrite(&x, sizeof x, 1, stdout); }
static void write_all(const std::vector<float> &values) {
  for (float x : values) write_number(x);
}

static void check(int status) {
  if (status == ANN_OK) return;
  fprintf(stderr, "no memory\n");
  exit(1);
}

struct Header {
  int32_t n_layers, n_samples, n_rows, batch_size, loss, threads, weighted;
};

static void run_case(const Header &h) {
  const AnnKernel &kernel = ann_kernel_baseline;
  const std::vector<int32_t> sizes = read_many<int32_t>(h.n_layers + 1), activations = read_many<int32_t>(h.n_layers);
  AnnRule rule;
  read_all(&rule, sizeof rule);
  size_t n_parameters = 0;
  for (int l = 0; l < h.n_layers; l++) n_parameters += ((size_t)sizes[l] + 1) * sizes[l + 1];
  const int n_out = sizes[h.n_layers];
  std::vector<float> parameters = read_many<float>(n_parameters);
  const std::vector<float> inputs = read_many<float>((size_t)h.n_samples * sizes[0]);
  const std::vector<float> targets = read_many<float>((size_t)h.n_samples * n_out);
  const std::vector<float> weights = read_many<float>(h.weighted ? h.n_samples : 0);
  const std::vector<int32_t> rows = read_many<int32_t>(h.n_rows);
  const AnnData data = {inputs.data(), targets.data(), h.weighted ? weights.data() : NULL, rows.data(), h.n_rows};

  AnnPlan *plan = kernel.create(h.n_layers, sizes.data(), activations.data(), NULL);
  std::vector<float> outputs((size_t)h.n_rows * n_out), gradient(n_parameters), first(n_parameters), second(n_parameters);
  double value = 0;
  check(kernel.forward(plan, parameters.data(), &data, outputs.data(), h.threads));
  write_all(outputs);
  check(kernel.loss_and_gradient(plan, parameters.data(), h.loss, &data, 0.01, gradient.data(), &value, h.threads));
  write_number(value);
  write_all(gradient);
  AnnBatch batch = {parameters.data(), &rule, &data, 0, gradient.data(), NULL, 0};
  check(kernel.batch_gradient(plan, h.loss, &batch, h.threads));
  write_number(batch.total / h.n_rows);
  write_all(gradient);
  AnnState state = {parameters.data(), first.data(), second.data(), 0, 0, 0, NULL};
  const bool online = h.batch_size == 1 && rule.code == ANN_SGD && rule.dropout == 0 && rule.input_dropout == 0;
  check(online ? kernel.online_epoch(plan, h.loss, &rule, &state, &data)
               : kernel.epoch(plan, h.loss, &rule, &state, &data, h.batch_size, h.threads));
  write_number(state.total / h.n_rows);
  write_all(parameters);
  kernel.destroy(plan);
}

int main() {
  int32_t n_cases;
  read_all(&n_cases, sizeof n_cases);
  for (int i = 0; i < n_cases; i++) {
    Header header;
    read_all(&header, sizeof header);
    run_case(header);
  }
  return 0;
}
