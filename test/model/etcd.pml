/* What etcd does: a linearizable store, each transaction applied whole or refused whole. */

/* Revisions are compared for equality alone, and what has changed never equals again. So nobody
   keeps a revision: a flag says that the key has not been written since, and a write clears it. */

inline clear_stamp(i) { n[i].stamp = 0; n[i].left = 0 }
inline forget_seen(i, j) { SEEN(i, j).is = STALE; SEEN(i, j).since = 0 }

inline write_record(state, who, what, longest) {
  rec.is = state; rec.node = who; rec.token = what; rec.ceiling = longest; rec.later = 0;
  for (x : 0 .. SLOTS - 1) {
    q[x].record = 0;
    if :: state == HELD -> q[x].untaken = 0 :: else fi
  }
  for (x : 0 .. NODES - 1) {
    n[x].mine = 0; n[x].lists = 0;
    if :: state == HELD -> n[x].untaken = 0 :: else fi;
    if :: n[x].stamp != ABSENT -> clear_stamp(x) :: else fi;
    for (y : 0 .. NODES - 1) {
      if :: SEEN(x, y).is == VANISHED && ON(missdated) :: else -> forget_seen(x, y) fi
    }
  }
}

/* A beat compares a range, which has nothing in it where the record is gone; what compares the
   record itself fails. */
inline delete_record() {
  rec.is = NONE; rec.node = 0; rec.token = 0; rec.ceiling = 0; rec.later = 0;
  for (x : 0 .. SLOTS - 1) {
    if :: q[x].kind != BEAT || q[x].itself -> q[x].record = 0 :: else fi
  }
  for (x : 0 .. NODES - 1) {
    if :: !ON(literal) -> n[x].lists = 0 :: else fi;
    if :: n[x].stamp != ABSENT -> clear_stamp(x) :: else fi
  }
}

inline heartbeat_changed(i) {
  for (x : 0 .. NODES - 1) {
    if :: SEEN(x, i).is == CURRENT -> forget_seen(x, i) :: else fi
  }
  for (x : 0 .. SLOTS - 1) {
    if :: q[x].compares == CURRENT && q[x].peer == i -> q[x].same = 0 :: else fi
  }
}

/* What a heartbeat lists matters only beside a record that names its node, or without a record. */
inline set_listed(i, what) {
  n[i].lists = (rec.is == HELD && rec.node == i && rec.token == what ||
    rec.is == NONE && what != 0 && ON(literal))
}

/* The beat of a request is written: what its node sent before is overtaken, and its repetition. */
inline write_heartbeat(s) {
  a = q[s].from;
  n[a].beat = q[s].promise;
  set_listed(a, q[s].token);
  if :: rec.is == HELD && rec.node == a -> rec.later = q[s].above :: else fi;
  for (y : 0 .. s) {
    if :: q[y].kind != FREE && q[y].from == a && !ON(seqless) -> q[y].overtaken = 1 :: else fi
  }
  heartbeat_changed(a)
}

inline delete_heartbeat(i) {
  n[i].beat = 0; n[i].lists = 0; n[i].base = 0;
  heartbeat_changed(i);
  for (x : 0 .. SLOTS - 1) {
    if
    :: (q[x].kind == BEAT || q[x].kind == TAKE) && q[x].from == i && !q[x].bare && !ON(noanew) ->
      q[x].overtaken = 1; q[x].same = 0
    :: else
    fi
  }
}

inline delete_key(i) {
  for (x : 0 .. NODES - 1) {
    if :: n[i].place != 0 && n[x].place > n[i].place -> n[x].place-- :: else fi
  }
  n[i].key = 0; n[i].place = 0; n[i].burnt = 0
}

/* The heartbeat key that a transaction compares is as its sender saw it. */
#define HEARTBEAT_SAME(s) (q[s].compares == 0 || q[s].compares == CURRENT && q[s].same || \
  q[s].compares == VANISHED && n[q[s].peer].beat == 0)
/* So is the record. */
#define RECORD_SAME(s) (q[s].absent && rec.is == NONE || q[s].record && rec.is != NONE)
/* No record was written since: neither is one newer that stands, nor the key that is written with
   each (with `takings`: with each taking) so that a deleted one counts too. */
#define IN_RANGE(s) (q[s].record || \
  rec.is == NONE && (ON(noepoch) || ON(takings) && q[s].untaken))
/* What a beat compares for the token that it proves (2). */
#define CLAIM_STANDS(s) (ON(norecord) || (q[s].itself \
  -> RECORD_SAME(s) && n[q[s].from].key == q[s].token : IN_RANGE(s)))
/* The sender's own heartbeat key is as a beat needs it (2). */
#define GROUND(s) (q[s].bare -> n[q[s].from].beat == 0 : \
  n[q[s].from].beat != 0 && !q[s].overtaken)

inline apply_beat(s) {
  ok = GROUND(s) && (!q[s].proves || CLAIM_STANDS(s));
  q[s].gone = !ok && n[q[s].from].beat == 0;
  if :: ok -> write_heartbeat(s) :: else fi
}

inline apply_take(s) {
  ok = GROUND(s) && n[q[s].from].key == q[s].token && RECORD_SAME(s) && HEARTBEAT_SAME(s);
  if
  :: ok ->
    assert(!(ON(goalgone) && rec.is == HELD && rec.node != q[s].from));
    k = (rec.is == HELD && rec.node == q[s].from && rec.token == q[s].token
      -> rec.ceiling : q[s].promise);
    write_heartbeat(s);
    write_record(HELD, q[s].from, q[s].token, k);
    n[rec.node].lists = 1;
    q[s].record = 1; q[s].untaken = ON(takings);
    q[s].absent = 0; q[s].compares = 0; q[s].peer = 0; q[s].same = 0;
    for (x : 0 .. s) {
      if :: q[x].kind != FREE && q[x].from == rec.node -> q[x].above = 0 :: else fi
    }
  :: else
  fi
}

/* Deposing and release: the key goes, and the record says that the hold is over. */
inline apply_ending(s) {
  a = (q[s].kind == DEPOSE -> q[s].peer : q[s].from);
  ok = n[a].key == q[s].token && RECORD_SAME(s) && HEARTBEAT_SAME(s);
  if
  :: ok ->
    delete_key(a);
    write_record(OVER, 0, 0, 0);
    if :: q[s].kind == RELEASE && ON(goalhandover) -> ended = 1 + a :: else fi
  :: else
  fi
}

/* A lease ends: all its keys go at once, and nothing more is written on it. */
inline expire(i) {
  delete_key(i);
  delete_heartbeat(i);
  n[i].expired = 1;
  for (b : 1 .. SLOTS) {
    if
    :: q[SLOTS - b].from == i && q[SLOTS - b].phase == SENT &&
       (q[SLOTS - b].kind == BEAT || q[SLOTS - b].kind == TAKE) -> free(SLOTS - b)
    :: else
    fi
  }
}
