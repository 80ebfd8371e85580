/* The holder protocol on paper's scale: at no instant do two nodes have the address (`holders`).
   README.md says what is left out, what the switches are, and how to run it. */
#include "switches.pml"
#include "state.pml"
#include "trace.pml"
#include "same.pml"
#include "etcd.pml"
#include "look.pml"
#include "node.pml"
#include "wire.pml"

#define i (_pid - SLOTS)
#define HAS_GROUND (n[i].ground == (n[i].beat != 0) && (ON(noanew) || !n[i].ground || n[i].base))
#define BEATS (!n[i].expired && ROOM && \
  (n[i].claim != 0 || n[i].lists || !n[i].ground || !ON(noanew) && !n[i].base))

/* A node does what it may when it likes, or never again: then its process is frozen or dead. */
active [NODES] proctype daemon() {
  do
  :: d_step { !n[i].expired -> OF_NODE("looks"); look(i); settle() }
  :: d_step { BEATS -> OF_NODE("sends a beat"); send_beat(i, 1, 0); settle() }
  :: d_step { BEATS && n[i].claim != 0 && ON(long) ->
      OF_NODE("sends a beat with the long promise"); send_beat(i, 2, 0); settle() }
  :: d_step { BEATS && n[i].proven && ON(bounded) ->
      OF_NODE("sends a beat that compares key and record"); send_beat(i, 1, 1); settle() }
  :: d_step { ROOM -> OF_NODE("takes"); send_take(i, 1); settle() }
  :: d_step { ROOM && ON(long) ->
      OF_NODE("takes with the long promise"); send_take(i, 2); settle() }
  :: d_step { ROOM -> OF_NODE("deposes"); send_depose(i); settle() }
  :: d_step { ROOM && n[i].proven -> OF_NODE("releases"); send_release(i); settle() }
  :: d_step { n[i].claim != 0 || n[i].stuck ->
      OF_NODE("withdraws"); withdraw(i); n[i].stuck = 0; settle() }
  :: d_step { n[i].key != 0 && (n[i].burnt || FORGOTTEN(i)) ->
      OF_NODE("deletes its burnt key"); delete_key(i); settle() }
  :: d_step { n[i].key == 0 && !n[i].expired && HAS_GROUND ->
      OF_NODE("enqueues"); enqueue(i); settle() }
  :: d_step { n[i].expired ->
      OF_NODE("begins a new session"); withdraw(i); n[i].expired = 0; n[i].ground = 0; settle() }
  :: d_step { ON(restarts) -> OF_NODE("starts again"); restart(i); settle() }
  :: d_step { rec.is == NONE && !ON(nounknown) ->
      OF_NODE("writes that nothing is known"); write_record(UNKNOWN, 0, 0, 0); settle() }
  od
}
#undef i
#define i (_pid - SLOTS - NODES)

/* Keys end without the protocol's doing. */
active [NODES] proctype fate() {
  do
  :: d_step { n[i].key != 0 && ON(keys) ->
      FROM_OUTSIDE("candidate key deleted"); delete_key(i); settle() }
  :: d_step { n[i].beat != 0 && ON(heartbeats) ->
      FROM_OUTSIDE("heartbeat key deleted"); delete_heartbeat(i); settle() }
  :: d_step { rec.is != NONE && ON(records) ->
      FROM_OUTSIDE("record deleted"); delete_record(); settle() }
  :: d_step { (n[i].key != 0 || n[i].beat != 0) && !n[i].expired && ON(leases) ->
      FROM_OUTSIDE("lease expires"); expire(i); settle() }
  od
}
#undef i

/* A tick of a node's clock. At the end of the right the kernel takes the address off. */
inline tick(i) {
  if
  :: n[i].right == 1 ->
    n[i].right = 0; n[i].stuck = ON(timeronly);
    if :: ON(goaltakeover) -> ended = 1 + i :: else fi
  :: n[i].right > 1 -> n[i].right--
  :: else
  fi;
  if :: n[i].open > 0 -> n[i].open-- :: else fi;
  if :: n[i].left > 0 -> n[i].left-- :: else fi;
  if :: n[i].reach > 0 -> n[i].reach-- :: else fi;
  for (x : 0 .. NODES - 1) {
    if
    :: SEEN(i, x).is != STALE && SEEN(i, x).since < LONG_SINCE -> SEEN(i, x).since++
    :: else
    fi
  }
  for (x : 0 .. SLOTS - 1) {
    if :: q[x].kind != FREE && q[x].from == i && q[x].rest > 0 -> q[x].rest-- :: else fi;
    if :: q[x].kind != FREE && q[x].from == i && q[x].reach > 0 -> q[x].reach-- :: else fi
  }
}

/* Real time passes, and all clocks with it; a slow one skips a tick, but never two of any three. */
inline pass(skips) {
  ok = 1;
  for (k : 0 .. NODES - 1) {
    if :: (skips >> k) & 1 && n[k].skipped != 0 -> ok = 0 :: else fi
  }
  if
  :: ok ->
    if :: ON(goalhandover) -> ended = 0 :: else fi;
    for (k : 0 .. NODES - 1) {
      if
      :: (skips >> k) & 1 -> n[k].skipped = 2
      :: else ->
        if :: n[k].skipped > 0 -> n[k].skipped-- :: else fi;
        tick(k)
      fi
    }
  :: else
  fi
}

active proctype time() {
  do
  :: d_step { true -> OF_TIME("none"); pass(0); settle() }
  :: d_step { ON(drift) -> OF_TIME("of node 0"); pass(1); settle() }
  :: d_step { ON(drift) -> OF_TIME("of node 1"); pass(2); settle() }
  :: d_step { ON(drift) -> OF_TIME("of nodes 0 and 1"); pass(3); settle() }
  od
}
