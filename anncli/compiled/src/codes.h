// The codes by which Python names an activation, a loss, an update rule and an Rprop turn, and the fields of a rule.
//
// Each list stands here once: it gives the enum, the switch over it and the names that module.cc hands to Python, which
// compares them with its own tables. The order of a list is the numbering.
#ifndef ANN_CODES_H
#define ANN_CODES_H

#include <stddef.h>
#include <stdint.h>

// A new activation is one line here (at the end, so that the codes before it stay) and one struct in activation.h.
// LINEAR comes first: a switch over activations falls back on the first one.
#define ANN_ACTIVATIONS(X) \
  X(LINEAR, "linear") \
  X(LOGISTIC, "logistic") \
  X(TANH, "tanh") \
  X(BIPOLAR_SIGMOID, "bipolar-sigmoid") \
  X(LECUN_TANH, "lecun-tanh") \
  X(RELU, "relu") \
  X(LEAKY_RELU, "leaky-relu") \
  X(ELU, "elu") \
  X(GELU, "gelu") \
  X(GELU_TANH, "gelu-tanh") \
  X(SILU, "silu") \
  X(SOFTPLUS, "softplus") \
  X(SOFTSIGN, "softsign") \
  X(EXP, "exp")

// Works on whole rows and not on single numbers (output.h); its code follows the last of the list.
#define ANN_ROW_ACTIVATIONS(X) X(SOFTMAX, "softmax")

#define ANN_LOSSES(X) \
  X(ANN_MSE, "mse") \
  X(ANN_BINARY_CROSS_ENTROPY, "binary-cross-entropy") \
  X(ANN_CROSS_ENTROPY, "cross-entropy") \
  X(ANN_FOCAL, "focal") \
  X(ANN_MAE, "mae") \
  X(ANN_HUBER, "huber") \
  X(ANN_QUANTILE, "quantile") \
  X(ANN_POISSON, "poisson")

#define ANN_RULES(X) \
  X(ANN_SGD, "sgd") \
  X(ANN_NESTEROV, "nesterov") \
  X(ANN_ADAM, "adam") \
  X(ANN_ADAMW, "adamw")

// How an Rprop step moves a weight whose gradient changed its sign; formulas in backends/rules.py.
#define ANN_TURNS(X) \
  X(ANN_TURN_ON, "on") \
  X(ANN_TURN_BACK, "back") \
  X(ANN_TURN_STAY, "stay")

// What a step of a chain does to the rows of a sample (chain_steps.h); the files of network/layers have the formulas.
#define ANN_STEPS(X) \
  X(ANN_DENSE, "dense") \
  X(ANN_CONVOLUTION, "convolution") \
  X(ANN_MEAN_POOL, "mean-pool") \
  X(ANN_MAX_POOL, "max-pool") \
  X(ANN_FLATTEN, "flatten") \
  X(ANN_PAD, "pad") \
  X(ANN_LAST, "last") \
  X(ANN_MEAN, "mean") \
  X(ANN_MAX, "max") \
  X(ANN_WINDOW, "window") \
  X(ANN_COMMUNICATE, "communicate") \
  X(ANN_BILINEAR, "bilinear") \
  X(ANN_EMBEDDING, "embedding") \
  X(ANN_SPARSE, "sparse") \
  X(ANN_RECURRENT, "recurrent") \
  X(ANN_LSTM, "lstm") \
  X(ANN_GRU, "gru")

#define ANN_CODE(NAME, TEXT) NAME,
enum Activation { ANN_ACTIVATIONS(ANN_CODE) ANN_ROW_ACTIVATIONS(ANN_CODE) N_ACTIVATIONS };
enum { ANN_LOSSES(ANN_CODE) N_LOSSES };
enum { ANN_RULES(ANN_CODE) N_RULES };
enum { ANN_TURNS(ANN_CODE) N_TURNS };
enum { ANN_STEPS(ANN_CODE) N_STEPS };
#undef ANN_CODE

// Type, name and letter in Python's struct module. Formulas: backends/rules.py. A unit is dropped when 24 random bits are below
// its drop limit, which is the dropout fraction times 2^24.
#define ANN_RULE_FIELDS(X) \
  X(int64_t, code, "q") \
  X(double, learning_rate, "d") \
  X(double, momentum, "d") \
  X(double, beta1, "d") \
  X(double, beta2, "d") \
  X(double, epsilon, "d") \
  X(double, l2, "d") \
  X(double, weight_decay, "d") \
  X(double, tolerance, "d") \
  X(double, dropout, "d") \
  X(double, input_dropout, "d") \
  X(uint64_t, seed, "Q") \
  X(uint32_t, drop_limit, "I") \
  X(uint32_t, input_drop_limit, "I")

struct AnnRule {
#define ANN_FIELD(TYPE, NAME, LETTER) TYPE NAME;
  ANN_RULE_FIELDS(ANN_FIELD)
#undef ANN_FIELD
};

// Python packs a rule without gaps, so the struct may have none: it is as large as its fields together, and the fields around
// each change of type stand where the sizes before them say.
#define ANN_SIZE(TYPE, NAME, LETTER) +sizeof(TYPE)
static_assert(sizeof(AnnRule) == 0 ANN_RULE_FIELDS(ANN_SIZE), "AnnRule has gaps");
#undef ANN_SIZE
static_assert(offsetof(AnnRule, learning_rate) == 8 && offsetof(AnnRule, seed) == 88 && offsetof(AnnRule, drop_limit) == 96 &&
                  offsetof(AnnRule, input_drop_limit) == 100,
              "AnnRule is not laid out as '=q10dQII'");

#endif
