/* Requests and replies on their way: each may be late, lost, or come twice. */

inline free(s) {
  for (x : s .. SLOTS - 2) {
    q[x].kind = q[x + 1].kind; q[x].phase = q[x + 1].phase; q[x].from = q[x + 1].from;
    q[x].token = q[x + 1].token; q[x].promise = q[x + 1].promise; q[x].rest = q[x + 1].rest;
    q[x].proves = q[x + 1].proves; q[x].bare = q[x + 1].bare;
    q[x].overtaken = q[x + 1].overtaken; q[x].above = q[x + 1].above;
    q[x].record = q[x + 1].record; q[x].absent = q[x + 1].absent; q[x].peer = q[x + 1].peer;
    q[x].untaken = q[x + 1].untaken; q[x].itself = q[x + 1].itself;
    q[x].reach = q[x + 1].reach;
    q[x].compares = q[x + 1].compares; q[x].same = q[x + 1].same; q[x].live = q[x + 1].live;
    q[x].gone = q[x + 1].gone
  }
  x = SLOTS - 1;
  q[x].kind = FREE; q[x].phase = SENT; q[x].from = 0; q[x].token = 0; q[x].promise = 0;
  q[x].rest = 0; q[x].proves = 0; q[x].bare = 0; q[x].overtaken = 0; q[x].above = 0;
  q[x].record = 0; q[x].absent = 0; q[x].peer = 0; q[x].compares = 0; q[x].same = 0;
  q[x].live = 0; q[x].gone = 0; q[x].untaken = 0; q[x].itself = 0; q[x].reach = 0
}

/* What can never succeed nor tell anything is dropped at once, so that there are fewer states. */
#define SENDER(s) n[q[s].from]
#define TELLS_NOTHING(s) (SENDER(s).ground && (!q[s].same || SENDER(s).base))
#define VICTIM_GONE(s) (n[(q[s].kind == DEPOSE -> q[s].peer : q[s].from)].key != q[s].token)
#define PROVES(s) (q[s].proves && (q[s].rest != 0 || q[s].reach != 0))
#define DEAD_BEAT(s) (q[s].kind == BEAT && ( \
  q[s].phase == SENT && !q[s].bare && q[s].overtaken && (SENDER(s).base || ON(noanew)) || \
  q[s].phase == DONE && TELLS_NOTHING(s) && !PROVES(s) && !ON(receipt) || \
  q[s].phase == REFUSED && TELLS_NOTHING(s) && !q[s].gone && !ON(ignore)))
#define DEAD_TAKE(s) (q[s].kind == TAKE && (q[s].phase == REFUSED || \
  q[s].phase == SENT && (q[s].overtaken || !q[s].absent && !q[s].record)))
#define DEAD_ACT(s) (q[s].kind > BEAT && q[s].phase == SENT && (VICTIM_GONE(s) || \
  q[s].compares == CURRENT && !q[s].same || q[s].kind > TAKE && !q[s].record))
#define DEAD(s) (q[s].phase != SENT && !q[s].live || DEAD_BEAT(s) || DEAD_TAKE(s) || DEAD_ACT(s))

inline sweep() {
  for (b : 1 .. SLOTS) {
    if :: DEAD(SLOTS - b) -> free(SLOTS - b) :: else fi
  }
}

/* Only what may still matter stays in a request that was answered. */
inline answer(s) {
  q[s].phase = (ok -> DONE : REFUSED);
  q[s].bare = 0; q[s].overtaken = 0; q[s].above = 0;
  if :: ON(receipt) || ON(ignore) :: else -> q[s].promise = 0 fi;
  if
  :: !ok && !ON(ignore) -> q[s].rest = 0; q[s].reach = 0; q[s].record = 0; q[s].proves = 0
  :: else
  fi;
  if :: q[s].kind == BEAT -> q[s].record = 0; q[s].untaken = 0; q[s].itself = 0 :: else fi;
  /* It shows the heartbeat key, with its create revision. */
  q[s].same = q[s].kind == BEAT && !ON(noanew) && SENDER(s).beat != 0
}

/* A proof: the right lasts from before the request was sent (5). */
inline prove(i, s) {
  if :: q[s].reach > n[i].reach -> n[i].reach = q[s].reach :: else fi;
  x = (ON(receipt) -> q[s].promise : q[s].rest);
  if
  :: x > n[i].right ->
    n[i].right = x;
    assert(!(ended != 0 && ended != 1 + i));
    for (y : 0 .. NODES - 1) { holders = holders + (n[y].right != 0 || n[y].stuck -> 1 : 0) }
    assert(holders <= 1)
  :: else
  fi
}

/* A reply; a refusal tells whether the heartbeat key is there. */
inline receive(s) {
  a = q[s].from;
  n[a].ground = (q[s].kind != BEAT || q[s].phase == DONE || ON(ignore) || !q[s].gone);
  if
  :: q[s].kind == TAKE && q[s].phase == DONE ->
    if
    :: ON(relist) && n[a].claim == 0 && n[a].file == q[s].token && !n[a].burnt ->
      n[a].claim = q[s].token; n[a].ceiling = LONGEST
    :: else
    fi;
    if
    :: n[a].claim == q[s].token ->
      assert(!(ON(goalresume) && RESUMING(a)));
      n[a].proven = 1; n[a].mine = q[s].record; n[a].untaken = q[s].untaken;
      prove(a, s)
    :: else
    fi
  :: q[s].kind == BEAT ->
    if
    :: q[s].proves && (n[a].claim == q[s].token && n[a].proven || ON(late)) -> prove(a, s)
    :: else
    fi;
    if :: q[s].same -> based(a) :: else fi
  :: else
  fi;
  free(s)
}

inline deliver(s) {
  if
  :: q[s].kind == BEAT -> apply_beat(s)
  :: q[s].kind == TAKE -> apply_take(s)
  :: else -> apply_ending(s)
  fi
}

active [SLOTS] proctype wire() {
  do
  :: d_step { q[_pid].kind != FREE && q[_pid].phase == SENT ->
      OF_REQUEST("arrives");
      deliver(_pid);
      if :: q[_pid].live -> answer(_pid) :: else -> free(_pid) fi;
      settle() }
  :: d_step { q[_pid].kind == BEAT && q[_pid].phase == SENT && q[_pid].bare ->
      OF_REQUEST("arrives, and will again"); deliver(_pid); settle() }
  :: d_step { q[_pid].kind != FREE && q[_pid].phase != SENT ->
      OF_REQUEST("its reply arrives"); receive(_pid); settle() }
  :: d_step { q[_pid].kind != FREE -> OF_REQUEST("is lost"); free(_pid); settle() }
  od
}
