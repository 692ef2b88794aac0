/* What a C program on libfann does: read FANN's text format, train incrementally with momentum, save the network. */
#include <floatfann.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  struct fann_train_data *data = fann_read_train_from_file(argv[1]);
  if (!data) return 1;
  const unsigned sizes[] = {data->num_input, (unsigned)atoi(argv[3]), data->num_output};
  struct fann *net = fann_create_standard_array(3, sizes);
  fann_set_training_algorithm(net, FANN_TRAIN_INCREMENTAL);
  fann_set_learning_rate(net, 0.1f);
  fann_set_learning_momentum(net, 0.9f);
  fann_set_activation_function_hidden(net, FANN_SIGMOID);
  fann_set_activation_function_output(net, FANN_SIGMOID);
  for (int epoch = atoi(argv[2]); epoch > 0; epoch--) fann_train_epoch(net, data);
  return fann_save(net, argv[4]) ? 1 : 0;
}
