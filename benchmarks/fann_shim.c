/* Plain arrays in and out of libfann, for fann.py. */
#include <floatfann.h>
#include <stdlib.h>
#include <string.h>

struct fann *shim_network(int n_layers, const unsigned *sizes, int full_batch, float rate, float momentum) {
  struct fann *net = fann_create_standard_array(n_layers, sizes);
  fann_set_activation_function_hidden(net, FANN_SIGMOID);
  fann_set_activation_function_output(net, FANN_SIGMOID);
  fann_set_train_error_function(net, FANN_ERRORFUNC_LINEAR);
  fann_set_training_algorithm(net, full_batch ? FANN_TRAIN_RPROP : FANN_TRAIN_INCREMENTAL);
  fann_set_learning_rate(net, rate);
  fann_set_learning_momentum(net, momentum);
  return net;
}

struct fann_train_data *shim_data(int n, int n_inputs, int n_outputs, const float *inputs, const float *targets) {
  struct fann_train_data *data = fann_create_train(n, n_inputs, n_outputs);
  for (int i = 0; i < n; i++) {
    memcpy(data->input[i], inputs + (size_t)i * n_inputs, sizeof(float) * n_inputs);
    memcpy(data->output[i], targets + (size_t)i * n_outputs, sizeof(float) * n_outputs);
  }
  return data;
}

float shim_epoch(struct fann *net, struct fann_train_data *data) { return fann_train_epoch(net, data); }

/* FANN's default trainer, RPROP, on a network of its own kind; the same seed draws the same weights. */
struct fann *shim_classifier(int n_layers, const unsigned *sizes, unsigned seed) {
  struct fann *net = fann_create_standard_array(n_layers, sizes);
  srand(seed); /* creating draws weights by the clock; draw them again, from the same range */
  fann_randomize_weights(net, -0.1f, 0.1f);
  fann_set_activation_function_hidden(net, FANN_SIGMOID_SYMMETRIC);
  fann_set_activation_function_output(net, FANN_SIGMOID);
  return net;
}

void shim_outputs(struct fann *net, int n, int n_inputs, int n_outputs, float *inputs, float *outputs) {
  for (int i = 0; i < n; i++)
    memcpy(outputs + (size_t)i * n_outputs, fann_run(net, inputs + (size_t)i * n_inputs), sizeof(float) * n_outputs);
}

void shim_free(struct fann *net, struct fann_train_data *data) {
  fann_destroy_train(data);
  fann_destroy(net);
}
