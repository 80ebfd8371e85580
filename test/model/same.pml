/*
 * States that differ only in names, or in what cannot matter any more, are made one. Nodes are
 * alike, and tokens are compared for equality alone; whatever is dated or compared stays.
 */
c_code {
  static void swap(void *one, void *other, size_t size) {
    unsigned char kept[64];
    memcpy(kept, one, size);
    memcpy(one, other, size);
    memcpy(other, kept, size);
  }

  static int renamed(int node, int one, int other) {
    return node == one ? other : node == other ? one : node;
  }

  static void swap_nodes(int one, int other) {
    int at;
    swap(&now.n[one], &now.n[other], sizeof now.n[0]);
    for (at = 0; at < NODES; at++)
      swap(&now.seen[one * NODES + at], &now.seen[other * NODES + at], sizeof now.seen[0]);
    for (at = 0; at < NODES; at++)
      swap(&now.seen[at * NODES + one], &now.seen[at * NODES + other], sizeof now.seen[0]);
    for (at = 0; at < SLOTS; at++)
      if (now.q[at].kind != FREE) {
        now.q[at].from = renamed(now.q[at].from, one, other);
        if (now.q[at].compares != 0 || now.q[at].kind == DEPOSE)
          now.q[at].peer = renamed(now.q[at].peer, one, other);
      }
    if (now.rec.is == HELD) now.rec.node = renamed(now.rec.node, one, other);
    if (now.ended != 0) now.ended = 1 + renamed(now.ended - 1, one, other);
    swap(&first_number[one], &first_number[other], sizeof first_number[0]);
  }

  static int is_named(int at) { return now.rec.is == HELD && now.rec.node == at; }

  /* The holder by the record first, then by what the nodes are. */
  static int stands_before(int one, int other) {
    if (is_named(one)) return 1;
    if (is_named(other)) return 0;
    return memcmp(&now.n[one], &now.n[other], sizeof now.n[0]) <= 0;
  }

  /* Tokens are numbered in the order in which they are found. */
  static int names[4], named;
  static int name_of(int token) {
    if (token == 0) return 0;
    if (names[token] == 0) names[token] = ++named;
    return names[token];
  }

  static void rename_tokens(int at) {
    int s;
    memset(names, 0, sizeof names);
    named = 0;
    now.n[at].key = name_of(now.n[at].key);
    if (is_named(at)) now.rec.token = name_of(now.rec.token);
    now.n[at].claim = name_of(now.n[at].claim);
    now.n[at].file = name_of(now.n[at].file);
    for (s = 0; s < SLOTS; s++)
      if (now.q[s].kind != FREE &&
          (now.q[s].kind == DEPOSE ? now.q[s].peer : now.q[s].from) == at)
        now.q[s].token = name_of(now.q[s].token);
  }

  /* A token that neither stands, nor is named, nor left an address is of no use in a state file. */
  static int file_is_useless(int at) {
    int token = now.n[at].file;
    return token != now.n[at].key && now.n[at].right == 0 && !now.n[at].stuck &&
      !(is_named(at) && now.rec.token == token);
  }

  /* An observation that has stood for this long allows whatever it may allow. */
  static int wait_for(int at, int is) {
    int promise = 1 + switched[SW_long];
    if (is == CURRENT && now.n[at].lists) promise = now.n[at].beat;
    else if (now.rec.is == HELD) promise = now.rec.ceiling;
    return promise + switched[SW_drift] - switched[SW_margin];
  }

  static void drop_idle(int at) {
    int other;
    if (file_is_useless(at)) now.n[at].file = 0;
    /* Every promise is that long. */
    if (now.n[at].open == 1) now.n[at].open = 0;
    if (now.n[at].expired) now.n[at].ground = now.n[at].base = 0;
    if (now.n[at].beat != 0 && !now.n[at].lists) now.n[at].beat = 1;
    if (now.rec.is != NONE && !switched[SW_records] && now.n[at].stamp == ABSENT)
      now.n[at].stamp = now.n[at].left = 0;
    for (other = 0; other < NODES; other++) {
      struct Seen *seen = &now.seen[other * NODES + at];
      if (seen->since >= wait_for(at, seen->is)) seen->since = LONG_SINCE;
    }
  }

  static void drop_unheard(int at) {
    if (now.q[at].kind != BEAT && now.q[at].kind != TAKE) return;
    if (!now.q[at].live) now.q[at].rest = now.q[at].reach = 0;
    if (now.q[at].promise != 0 && now.q[at].token == 0) now.q[at].promise = 1;
  }

  static void make_same(void) {
    int one, other;
    for (one = 0; one < SLOTS; one++) drop_unheard(one);
    for (one = 0; one < NODES; one++) {
      drop_idle(one);
      rename_tokens(one);
    }
    for (one = 0; one < NODES; one++)
      for (other = one + 1; other < NODES; other++)
        if (!stands_before(one, other)) swap_nodes(one, other);
    if (switched[SW_trace]) print_state();
  }
};

/* The end of every step. */
inline settle() {
  sweep();
  a = 0; b = 0; c = 0; k = 0; x = 0; y = 0; p = 0; ok = 0; holders = 0;
#ifdef PLAIN
  c_code { if (switched[SW_trace]) print_state(); }
#else
  c_code { make_same(); }
#endif
}
