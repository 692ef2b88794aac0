// Many samples of a chain of layers of neurons: outputs, loss and gradient, with the same bits for any number of threads.
//
// Samples are dealt out in pieces of SHARE. Each piece has a gradient of its own, and these are added in the order of the pieces.
#ifndef ANN_EVENTS_BATCH_H
#define ANN_EVENTS_BATCH_H

#include "events_chain.h"
#include "on_heap.h"
#include "team.h"

namespace ann_events {

// Sample r of a call is number rows[r], or r where rows is null.
struct SpikeSamples {
  const double *times;
  const int32_t *sources;
  const int64_t *starts;
  const float *targets, *weights;  // (N, outputs) and (N,), or null
  const int32_t *rows;
  int64_t n;

  int64_t number(int64_t r) const { return rows ? rows[r] : r; }
  Train train(int64_t number) const { return Train{times + starts[number], sources + starts[number], starts[number + 1] - starts[number]}; }
};

struct SpikeMember : OnHeap {
  ChainPass pass;
  Room<double> gradient;
  double loss;
  bool failed;
};

class SpikeBatch {
 public:
  enum { SHARE = 8, MOST_THREADS = 64 };

  ~SpikeBatch() {
    for (int k = 0; k < MOST_THREADS; k++) delete members[k];
  }

  SpikeBatch() {
    for (int k = 0; k < MOST_THREADS; k++) members[k] = NULL;
  }

  // Adds the loss of all samples to *loss, times their weights. gradient (n_parameters): receives its mean, null where it is not wanted;
  // outputs (n, outputs): null likewise. Without targets there is no loss. False without memory.
  bool run(const SpikeChain &c, const double *w, const SpikeSamples &s, int threads, double *gradient, float *outputs, double *loss) {
    chain = &c;
    weights = w;
    samples = s;
    whole = gradient;
    given = outputs;
    total = loss;
    const int64_t pieces = (s.n + SHARE - 1) / SHARE;
    int n = threads < 1 ? 1 : threads > MOST_THREADS ? (int)MOST_THREADS : threads;
    if (n > pieces) n = pieces ? (int)pieces : 1;
    for (int k = 0; k < n; k++)
      if ((!members[k] && !(members[k] = new SpikeMember)) || (gradient && !members[k]->gradient.resize(c.n_parameters))) return false;
    if (gradient) memset(gradient, 0, c.n_parameters * sizeof *gradient);
    for (int k = 0; k < n; k++) members[k]->failed = false;
    ann_team::run(work, this, n);
    for (int k = 0; k < n; k++)
      if (members[k]->failed) return false;
    return true;
  }

 private:
  const SpikeChain *chain;
  const double *weights;
  SpikeSamples samples;
  double *whole, *total;
  float *given;
  SpikeMember *members[MOST_THREADS];

  static void work(void *context, ann_team::Team *team, int member) {
    SpikeBatch &batch = *(SpikeBatch *)context;
    const int64_t pieces = (batch.samples.n + SHARE - 1) / SHARE;
    for (int64_t first = 0; first < pieces; first += team->members) {
      if (first + member < pieces) batch.piece(*batch.members[member], first + member);
      ann_team::meet(team);
      if (!member) batch.add(pieces - first < team->members ? (int)(pieces - first) : team->members);
      ann_team::meet(team);
    }
  }

  void piece(SpikeMember &member, int64_t number) {
    member.loss = 0;
    if (whole) memset(member.gradient.data, 0, member.gradient.n * sizeof(double));
    const int64_t end = (number + 1) * SHARE < samples.n ? (number + 1) * SHARE : samples.n;
    for (int64_t r = number * SHARE; r < end && !member.failed; r++)
      if (!sample(member, r)) member.failed = true;
  }

  bool sample(SpikeMember &member, int64_t r) {
    const int64_t number = samples.number(r);
    const Train train = samples.train(number);
    const size_t K = (size_t)chain->outputs();
    if (!member.pass.forward(*chain, weights, train)) return false;
    for (size_t u = 0; given && u < K; u++) given[(size_t)r * K + u] = (float)member.pass.outputs[u];
    if (!samples.targets) return true;
    const double weight = samples.weights ? samples.weights[number] : 1;
    double value;
    if (!member.pass.loss(*chain, weights, train, samples.targets + (size_t)number * K, weight / (double)samples.n,
                          whole ? member.gradient.data : NULL, &value))
      return false;
    member.loss += weight * value;
    return true;
  }

  void add(int n) {
    for (int k = 0; k < n; k++) {
      *total += members[k]->loss;
      const double *own = members[k]->gradient.data;
      for (size_t p = 0; whole && p < chain->n_parameters; p++) whole[p] += own[p];
    }
  }
};

}  // namespace ann_events
#endif
