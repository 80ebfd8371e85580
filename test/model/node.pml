/* What a node sends. Numbers are rules of protocol.md. */

#define MIN(v, w) ((v) < (w) -> (v) : (w))
#define MAX(v, w) ((v) > (w) -> (v) : (w))
/* A daemon that was started again, whose address stands by the promise of the life before. */
#define RESUMING(i) (n[i].right != 0 && !n[i].proven && !n[i].expired)

/* The first free slot, in k. */
inline slot() {
  k = 0;
  do :: q[k].kind != FREE -> k++ :: else -> break od
}

/* The promise of the next attempt, in p; its end never moves back (4). */
inline compose(i, wanted) {
  p = (n[i].claim != 0 && n[i].ceiling < wanted -> n[i].ceiling : wanted);
  if :: p < n[i].open && !ON(moveback) -> p = n[i].open :: else fi;
  n[i].open = p
}

inline unprove(i) { n[i].proven = 0; n[i].mine = 0; n[i].untaken = 0; n[i].reach = 0 }

/* It knows the heartbeat key that stands now; what it proved by another one it must take anew, and
   the answer to a taking by another one proves nothing. */
inline based(i) {
  if
  :: ON(noanew) || n[i].base
  :: else ->
    unprove(i);
    for (x : 0 .. SLOTS - 1) {
      if
      :: q[x].kind == TAKE && q[x].from == i && !ON(rebased) -> q[x].live = 0
      :: else
      fi
    }
  fi;
  n[i].base = !ON(noanew)
}

/* A beat: lists the claim, and proves it when its taking was confirmed (2, 5, 6), by the range or
   by comparing key and record themselves. */
inline send_beat(i, wanted, key_and_record) {
  compose(i, wanted);
  slot();
  q[k].kind = BEAT; q[k].from = i; q[k].token = n[i].claim; q[k].promise = p;
  q[k].bare = !n[i].ground; q[k].above = 1; q[k].live = 1;
  q[k].overtaken = !ON(noanew) && n[i].ground && !n[i].base;
  q[k].proves = n[i].proven && (ON(noanew) || n[i].ground);
  q[k].rest = (q[k].proves -> MIN(p, n[i].ceiling) : 0);
  q[k].record = q[k].proves && n[i].mine; q[k].untaken = q[k].proves && n[i].untaken;
  if
  :: q[k].proves && key_and_record -> q[k].itself = 1; q[k].reach = LONGEST
  :: q[k].proves && ON(bounded) && !key_and_record && !ON(unbounded) ->
    q[k].rest = MIN(q[k].rest, n[i].reach)
  :: else
  fi
}

/* Off the link, by the kernel's word; from then on beats do not list the token (6), and no answer
   to what was sent before proves anything (5). */
inline withdraw(i) {
  for (x : 0 .. SLOTS - 1) {
    if
    :: q[x].kind == FREE || q[x].from != i || ON(late)
    :: q[x].kind == TAKE && ON(relist) && RESUMING(i)
    :: else -> q[x].live = 0
    fi
  }
  if :: ON(unlistearly) :: else -> n[i].right = 0 fi;
  n[i].claim = 0; n[i].ceiling = 0; unprove(i)
}

/* A token that nothing refers to, in c; 0 if there is none. */
inline fresh(i) {
  c = 0;
  for (x : 1 .. 3) {
    ok = !(n[i].key == x || n[i].file == x || n[i].claim == x ||
      rec.is == HELD && rec.node == i && rec.token == x);
    for (y : 0 .. SLOTS - 1) {
      ok = ok && !(q[y].kind != FREE && q[y].token == x &&
        (q[y].kind == DEPOSE -> q[y].peer : q[y].from) == i)
    }
    if :: ok && c == 0 -> c = x :: else fi
  }
}

/* Acts of a node come one after the other: nothing is enqueued while a taking is awaited. */
inline is_taking(i) {
  ok = 0;
  for (x : 0 .. SLOTS - 1) { ok = ok || q[x].kind == TAKE && q[x].from == i && q[x].live }
}

/* The candidate key and a beat in one transaction (1), applied as it is sent. */
inline enqueue(i) {
  is_taking(i);
  if :: ok -> c = 0 :: else -> fresh(i) fi;
  if
  :: c != 0 ->
    compose(i, 1);
    n[i].place = 1;
    for (x : 0 .. NODES - 1) {
      if :: n[x].key != 0 -> n[i].place++ :: else fi
    }
    n[i].key = c; n[i].burnt = 0; n[i].ground = 1;
    based(i);
    n[i].beat = p;
    set_listed(i, n[i].claim);
    if :: rec.is == HELD && rec.node == i -> rec.later = 1 :: else fi;
    for (y : 0 .. SLOTS - 1) {
      if :: q[y].kind != FREE && q[y].from == i -> q[y].overtaken = 1 :: else fi
    }
    heartbeat_changed(i)
  :: else
  fi
}

/* The taking is a beat that lists the token and writes the record (9). */
inline send_take(i, wanted) {
  may_take(i);
  if
  :: ok ->
    n[i].claim = n[i].key; n[i].file = n[i].key;
    n[i].ceiling = (OWN_TOKEN(i) -> rec.ceiling : MAX(wanted, n[i].open));
    compose(i, wanted);
    for (x : 0 .. SLOTS - 1) {
      if :: q[x].kind == TAKE && q[x].from == i -> q[x].live = 0 :: else fi
    }
    slot();
    q[k].kind = TAKE; q[k].from = i; q[k].token = n[i].key; q[k].promise = p;
    q[k].rest = MIN(p, n[i].ceiling); q[k].above = 1; q[k].live = 1;
    q[k].reach = (ON(bounded) -> LONGEST : 0);
    q[k].absent = (rec.is == NONE); q[k].record = (rec.is != NONE);
    q[k].peer = a; q[k].compares = b; q[k].same = (b == CURRENT)
  :: else
  fi
}

inline send_depose(i) {
  may_depose(i);
  for (x : 0 .. SLOTS - 1) {
    ok = ok && !(q[x].kind == DEPOSE && q[x].from == i)
  }
  if
  :: ok ->
    slot();
    q[k].kind = DEPOSE; q[k].from = i; q[k].token = rec.token; q[k].record = 1;
    q[k].peer = rec.node; q[k].compares = b; q[k].same = (b == CURRENT)
  :: else
  fi
}

/* Withdraw, have it confirmed, burn, and only then say so (13). */
inline send_release(i) {
  c = n[i].claim; ok = n[i].mine; b = n[i].right;
  withdraw(i);
  if :: ON(resignfirst) -> n[i].right = b :: else fi;
  n[i].file = 0;
  if :: n[i].key == c -> n[i].burnt = 1 :: else fi;
  if
  :: ok && n[i].burnt ->
    slot();
    q[k].kind = RELEASE; q[k].from = i; q[k].token = c; q[k].record = 1
  :: else
  fi
}

/* The process dies and starts again with its state file (15). What the file claims stays on the
   link, its lifetime not extended. */
inline restart(i) {
  for (x : 0 .. SLOTS - 1) {
    if :: q[x].kind != FREE && q[x].from == i -> q[x].live = 0 :: else fi
  }
  n[i].claim = n[i].file; n[i].ceiling = (n[i].file != 0 -> LONGEST : 0);
  unprove(i); n[i].burnt = 0; n[i].stuck = 0;
  n[i].ground = (n[i].beat != 0); n[i].base = n[i].ground && !ON(noanew);
  clear_stamp(i);
  for (x : 0 .. NODES - 1) { forget_seen(i, x) }
  if
  :: n[i].file == 0 -> n[i].right = 0
  :: n[i].file != 0 && ON(resume) ->
    n[i].proven = 1; n[i].right = LONGEST; n[i].mine = OWN_TOKEN(i)
  :: else
  fi
}
