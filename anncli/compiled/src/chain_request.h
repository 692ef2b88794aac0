// A call on a chain: its memory, its weights in and out, and the team that works on it.

// Parameters and vectors of the rule, and what is made of them.
static void load_chain(const ChainCall &call) {
  const Chain *c = call.chain;
  const AnnChainCall &request = call.request;
  for (int k = 1; k <= c->n; k++) {
    const Node &node = c->nodes[k];
    if (!node.has_block) continue;
    load_node(node, request.parameters, WEIGHTS);
    if (request.aim != ANN_EPOCH) continue;
    load_node(node, request.first, FIRST);
    if (request.second) load_node(node, request.second, SECOND);
  }
  refresh_weights(c, 1, 0);
}

// One allocation for the benches of all members; null where there is no memory.
static Bench *make_benches(const Chain *c, int members) {
  const size_t places = sizeof(Place) * ((size_t)c->n + 1), pointers = sizeof(float *) * MOST_POINTERS;
  const size_t counts = ((size_t)c->n + 1) * (BLOCK_SAMPLES + 1), starts = sizeof(int) * (counts + (c->recurs ? BLOCK_SAMPLES : 0));
  const size_t each = (places + pointers + starts + 15) / 8 * 8;
  char *memory = (char *)malloc((sizeof(Bench) + each) * (size_t)members);
  if (!memory) return NULL;
  Bench *benches = (Bench *)memory;
  memory += sizeof(Bench) * (size_t)members;
  for (int i = 0; i < members; i++, memory += each) {
    int *numbers = (int *)(memory + places + pointers);
    benches[i] = {(Place *)memory, numbers, NULL, (const float **)(memory + places), NULL, 0, 0, NULL, NULL};
    if (c->recurs && !c->nodes[0].form.rows()) benches[i].order = numbers + counts;
  }
  return benches;
}

static int run_request(Chain *c, AnnChainCall &request) {
  const int members = request.threads > MOST_MEMBERS ? (int)MOST_MEMBERS : request.threads < 1 ? 1 : request.threads;
  ChainCall call = {c, request, request.samples, request.rule, NULL, NULL, 0, piece_of(c, request), NULL, {NULL, NULL}};
  call.benches = make_benches(c, members);
  const bool ready = call.benches && find_outputs(call) && prepare_weights(c) && prepare_blocks(call, members) && prepare_rows(call, members);
  if (ready) {
    load_chain(call);
    ann_team::run(chain_work, &call, members);
  }
  free(call.benches);
  free(call.out_starts);
  if (!ready) return ANN_NO_MEMORY;
  for (int k = 1; k <= c->n; k++) {
    const Node &node = c->nodes[k];
    if (!node.has_block) continue;
    if (request.aim == ANN_GRADIENT) store_node(node, request.gradient, SUMS);
    if (request.aim != ANN_EPOCH) continue;
    store_node(node, request.parameters, WEIGHTS);
    store_node(node, request.first, FIRST);
    if (request.second) store_node(node, request.second, SECOND);
  }
  return ANN_OK;
}
