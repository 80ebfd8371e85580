/* The state of the model: what etcd stores, what each node knows, what is on its way. */

#ifndef NODES
#define NODES 2
#endif
#ifndef SLOTS
#define SLOTS 2
#endif

/* Promises are 1 to LONGEST ticks of the clock of who makes them. A slow clock skips one tick of
   three, so that p of its ticks take p + 1 real ones at most (p = 1, 2); a wait covers that. */
#define LONGEST (1 + ON(long))
#define MARGIN (ON(drift) - ON(margin))
#define WAIT(p) ((p) + MARGIN)

/* The record of the group. */
#define NONE 0
#define HELD 1
#define OVER 2 /* released or deposed */
#define UNKNOWN 3
typedef Record {
  unsigned is : 2;
  unsigned node : 2;
  unsigned token : 2;
  unsigned ceiling : 2;
  unsigned later : 1; /* the node's present heartbeat has a sequence above the record's */
};
Record rec;

typedef Node {
  unsigned key : 2; /* etcd: the token whose candidate key stands; 0 none */
  unsigned place : 2; /* etcd: of that key in the queue, 1 leads; 0 none */
  unsigned beat : 2; /* etcd: the promise in the heartbeat key; 0 no such key */
  unsigned lists : 1; /* etcd: the heartbeat lists the record's token; without a record, any */
  unsigned right : 2; /* kernel: ticks until it takes the address off; 0 it is off */
  unsigned stuck : 1; /* mutants: the address is on although the right is over */
  unsigned open : 2; /* state file: ticks until the promised end */
  unsigned file : 2; /* state file: the token */
  unsigned claim : 2; /* memory: the token that beats list; 0 none */
  unsigned ceiling : 2; /* memory: of the claim */
  unsigned proven : 1; /* memory: the taking was confirmed, beats prove the claim */
  unsigned mine : 1; /* the record has not been written since that taking */
  unsigned untaken : 1; /* `takings`: nobody has taken since */
  unsigned reach : 2; /* `bounded`: ticks until which ranged proofs may serve */
  unsigned burnt : 1; /* memory: the token of its key will never be claimed again */
  unsigned ground : 1; /* memory: its heartbeat key exists */
  unsigned base : 1; /* the heartbeat key is still the one whose create revision it knows */
  unsigned expired : 1; /* its lease is gone, and it does not know */
  unsigned skipped : 2; /* ticks that must pass before its clock may skip another */
  unsigned stamp : 3; /* memory: what it waits for, dated from its first look */
  unsigned left : 2; /* memory: ticks of that wait */
};
Node n[NODES];

/* Stamps: the holder's key is gone; there is no record; the record says unknown; the holder beats
   on without its token. */
#define GONE 1
#define ABSENT 2
#define NAMELESS 3
#define GIVENUP 4

/* What a node has seen of another's heartbeat key, and for how many ticks. */
#define STALE 0
#define CURRENT 1
#define VANISHED 2
#define LONG_SINCE 7
typedef Seen {
  unsigned is : 2;
  unsigned since : 3;
};
Seen seen[NODES * NODES];
#define SEEN(i, j) seen[(i) * NODES + (j)]

/* Requests on their way and their replies, the oldest first. */
#define FREE 0
#define BEAT 1
#define TAKE 2
#define DEPOSE 3
#define RELEASE 4
#define SENT 0
#define DONE 1
#define REFUSED 2
typedef Request {
  unsigned kind : 3;
  unsigned phase : 2;
  unsigned from : 2;
  unsigned token : 2; /* listed, taken or given up; of the victim */
  unsigned promise : 2;
  unsigned rest : 2; /* ticks of the right that a success proves, counted from the sending */
  unsigned proves : 1;
  unsigned bare : 1; /* compares that there is no heartbeat key */
  unsigned overtaken : 1; /* a beat with a higher sequence was written */
  unsigned above : 1; /* its sequence is above the record's */
  unsigned record : 1; /* the record has not been written since it was seen */
  unsigned untaken : 1; /* `takings`: nobody has taken since */
  unsigned itself : 1; /* `bounded`: compares key and record themselves, not the range */
  unsigned reach : 2; /* `bounded`: ticks of that which such a success allows ranged proofs */
  unsigned absent : 1; /* compares that there is no record */
  unsigned peer : 2; /* whose heartbeat key is compared; the victim */
  unsigned compares : 2; /* how: not, as CURRENT, or as VANISHED */
  unsigned same : 1; /* that heartbeat key, or the one that a reply shows, has not changed since */
  unsigned live : 1; /* its sender waits for the reply */
  unsigned gone : 1; /* the reply shows that there is no heartbeat key */
};
Request q[SLOTS];
#define ROOM (q[(ON(single) -> 0 : SLOTS - 1)].kind == FREE)

/* Goals: whose hold ended, plus 1. */
byte ended;
/* Scratch, zero between steps. */
byte a, b, c, k, x, y, p, ok, holders;
