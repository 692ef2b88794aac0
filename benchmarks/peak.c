/* What one core can multiply and add: independent fused multiply-adds on the widest vectors, for run.py. */
#ifdef __AVX512F__
#define LANES 16
#else
#define LANES 8
#endif
typedef float vector __attribute__((vector_size(4 * LANES)));

/* Named one by one: an array would be kept in memory. The empty assembly makes every product happen, in a register. */
#define EACH(DO) DO(a) DO(b) DO(c) DO(d) DO(e) DO(f) DO(g) DO(h) DO(i) DO(j) DO(k) DO(l)
#define START(x) vector x = term;
#define STEP(x) x = x * factor + term; __asm__ volatile("" : "+v"(x));
#define ADD(x) total += x;

/* Returns the operations done. */
double peak_run(long rounds) {
  vector factor, term, total = {0};
  for (int n = 0; n < LANES; n++) factor[n] = 0.999f, term[n] = 1e-3f;
  EACH(START)
  for (long r = 0; r < rounds; r++) { EACH(STEP) }
  EACH(ADD)
  return 24.0 * LANES * rounds + (total[0] == 0.5f);
}
