/* One linearizable read, and what a node may do by it (8, 11). */

/* The last beat seen has been silent for what it promised, or for what the record allows. */
#define SILENT(i, j) (SEEN(i, j).is == CURRENT && \
  SEEN(i, j).since >= WAIT((n[j].lists -> n[j].beat : rec.ceiling)))
#define HAS_VANISHED(i, j) (SEEN(i, j).is == VANISHED && n[j].beat == 0 && \
  SEEN(i, j).since >= WAIT(rec.ceiling))
/* It beats on, and lists the token no more (6). */
#define UNLISTED(j) (n[j].beat != 0 && !n[j].lists && (rec.later || ON(anyunlisted)))
#define WAITED(i, what) (n[i].stamp == what && n[i].left == 0)
#define HOLDER_GONE(i) (rec.is == HELD && rec.node != i && n[rec.node].key != rec.token)
#define OWN_TOKEN(i) (rec.is == HELD && rec.node == i && rec.token == n[i].key)
/* The record names a token that the state file does not: burnt by an earlier life (15). */
#define FORGOTTEN(i) (OWN_TOKEN(i) && n[i].file != n[i].key)

/* A condition is dated by its first look. */
inline date(i, what, wait) {
  if :: n[i].stamp != what -> n[i].stamp = what; n[i].left = wait :: else fi
}

/* What the key of a holder that is gone costs, in k, where each beat compares the key: less what
   its last beat has been seen for already. */
inline gone_wait(i, j) {
  k = WAIT((SEEN(i, j).is == CURRENT && n[j].lists -> n[j].beat : rec.ceiling));
  if
  :: SEEN(i, j).is == CURRENT -> k = (k > SEEN(i, j).since -> k - SEEN(i, j).since : 0)
  :: else
  fi
}

inline see(i, j) {
  if
  :: !(rec.is == HELD && rec.node == j || rec.is == NONE && ON(literal) || ON(missdated)) ->
    forget_seen(i, j)
  :: else ->
    if
    :: n[j].beat != 0 && SEEN(i, j).is != CURRENT -> SEEN(i, j).is = CURRENT; SEEN(i, j).since = 0
    :: n[j].beat == 0 && SEEN(i, j).is != VANISHED ->
      SEEN(i, j).is = VANISHED;
      SEEN(i, j).since = (ON(takenfordead) -> LONG_SINCE : 0)
    :: else
    fi
  fi
}

inline look(i) {
  for (y : 0 .. NODES - 1) {
    if :: y != i -> see(i, y) :: else fi
  }
  if
  :: rec.is == NONE && ON(nounknown) -> k = WAIT(LONGEST); date(i, ABSENT, k)
  :: rec.is == UNKNOWN -> k = WAIT(LONGEST); date(i, NAMELESS, k)
  :: HOLDER_GONE(i) && ON(oldsuccessor) -> gone_wait(i, rec.node); date(i, GONE, k)
  :: HOLDER_GONE(i) && !ON(oldsuccessor) && ON(bounded) -> k = WAIT(LONGEST); date(i, GONE, k)
  :: rec.is == HELD && rec.node != i && !HOLDER_GONE(i) && UNLISTED(rec.node) ->
    k = WAIT(rec.ceiling); date(i, GIVENUP, k)
  :: else -> clear_stamp(i)
  fi
}

/* Without a record: nobody else who lists a token of this group may have beaten for long, and that
   heartbeat is compared (the rule as first written; for two nodes). */
inline may_take_unrecorded(i) {
  ok = WAITED(i, ABSENT) && ON(nounknown);
  for (x : 0 .. NODES - 1) {
    if
    :: ON(literal) && x != i && n[x].beat != 0 && n[x].lists ->
      ok = ok && SEEN(i, x).is == CURRENT && SEEN(i, x).since >= WAIT(n[x].beat);
      a = x; b = CURRENT
    :: else
    fi
  }
}

/* Beats need not compare the key: that it is gone ends no right. The holder has given up, or has
   been silent, and its heartbeat is compared; or (`bounded`) no ranged proof lasts any more. */
inline may_take_gone(i) {
  if
  :: ON(vanish) || UNLISTED(rec.node) || WAITED(i, GONE) -> ok = 1
  :: else ->
    a = rec.node;
    if
    :: SILENT(i, a) -> ok = 1; b = CURRENT
    :: HAS_VANISHED(i, a) -> ok = 1; b = VANISHED
    :: else
    fi
  fi
}

/* May a node take (8)? The answer in ok; in a and b the heartbeat to compare, and how. */
inline may_take(i) {
  ok = 0; a = 0; b = 0;
  if
  :: n[i].place != 1 || n[i].expired || n[i].burnt || n[i].proven ||
     !n[i].ground || !ON(noanew) && !n[i].base || n[i].claim != 0 && n[i].claim != n[i].key
  :: else ->
    if
    :: rec.is == OVER -> ok = 1
    :: rec.is == UNKNOWN -> ok = WAITED(i, NAMELESS)
    :: rec.is == NONE -> may_take_unrecorded(i)
    :: rec.is == HELD && rec.node == i ->
      ok = (OWN_TOKEN(i) -> !FORGOTTEN(i) : n[i].claim == 0)
    :: HOLDER_GONE(i) -> may_take_gone(i)
    :: else
    fi
  fi
}

/* May it depose the holder (11)? The answer in ok; in b how its heartbeat is compared. One that
   gave up and lets its key stand is not silent: its heartbeat is not compared. */
inline may_depose(i) {
  ok = 0; b = 0;
  if
  :: rec.is == HELD && rec.node != i && n[i].key != 0 && !HOLDER_GONE(i) ->
    if
    :: SILENT(i, rec.node) -> ok = 1; b = CURRENT
    :: HAS_VANISHED(i, rec.node) && !ON(patient) -> ok = 1; b = VANISHED
    :: else -> ok = UNLISTED(rec.node) && WAITED(i, GIVENUP)
    fi;
    if :: ON(nonode) -> b = 0 :: else fi
  :: else
  fi
}
