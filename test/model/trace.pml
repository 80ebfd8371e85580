/* Prints what happened, when a counterexample is replayed (switch `trace`). */
c_code {
  /* The number of each node at the start: nodes change places in the state (same.pml). */
  static int first_number[NODES];
  __attribute__((constructor)) static void number_nodes(void) {
    int at;
    for (at = 0; at < NODES; at++) first_number[at] = at;
  }

  static void print_record(void) {
    static const char *states[] = { "none", "held", "over", "unknown" };
    printf("    record %s", states[now.rec.is]);
    if (now.rec.is == HELD)
      printf(" by node %d token %d ceiling %d%s", first_number[now.rec.node], now.rec.token,
        now.rec.ceiling, now.rec.later ? ", beaten since" : "");
    printf("\n");
  }

#define SHOW(what, field) if (now.what[at].field) printf(" " #field " %d", now.what[at].field);
  static void print_node(int at) {
    printf("    node %d:", first_number[at]);
    SHOW(n, key) SHOW(n, place) SHOW(n, beat) SHOW(n, lists)
    printf(" |");
    SHOW(n, right) SHOW(n, stuck) SHOW(n, open) SHOW(n, file)
    printf(" |");
    SHOW(n, claim) SHOW(n, ceiling) SHOW(n, proven) SHOW(n, mine) SHOW(n, burnt) SHOW(n, ground)
    SHOW(n, base) SHOW(n, reach) SHOW(n, expired) SHOW(n, stamp) SHOW(n, left)
    printf("\n");
  }

  static void print_request(int at) {
    static const char *kinds[] = { "", "beat", "taking", "deposing", "release" };
    static const char *phases[] = { "sent", "done", "refused" };
    if (now.q[at].kind == FREE) return;
    printf("    request %d: %s of node %d %s", at, kinds[now.q[at].kind],
      first_number[now.q[at].from], phases[now.q[at].phase]);
    SHOW(q, token) SHOW(q, promise) SHOW(q, rest) SHOW(q, proves) SHOW(q, bare) SHOW(q, overtaken)
    SHOW(q, record) SHOW(q, itself) SHOW(q, reach)
    SHOW(q, absent) SHOW(q, compares) SHOW(q, same) SHOW(q, live)
    printf("\n");
  }

  static void print_state(void) {
    int at;
    print_record();
    for (at = 0; at < NODES; at++) print_node(at);
    for (at = 0; at < SLOTS; at++) print_request(at);
  }

  static void say(const char *who, int number, const char *what) {
    if (switched[SW_trace]) printf("%s %d: %s\n", who, number, what);
  }
};

#define PID ((P0 *)_this)->_pid
#define OF_REQUEST(text) c_code { say("request", PID, text); }
#define OF_NODE(text) c_code { say("node", first_number[PID - SLOTS], text); }
#define FATE_OF first_number[PID - SLOTS - NODES]
#define FROM_OUTSIDE(text) c_code { say("from outside, node", FATE_OF, text); }
#define OF_TIME(slow) c_code { if (switched[SW_trace]) printf("a tick; slow clocks: %s\n", slow); }
