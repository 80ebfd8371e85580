/*
 * What is switched on for one run: words in the environment variable MODEL, separated by commas.
 * They are constants of the run and no part of the state. README.md says what each is.
 */
#define SWITCHES(X) \
  X(keys) X(leases) X(restarts) X(heartbeats) X(records) \
  X(drift) X(long) X(single) \
  X(takings) X(bounded) X(patient) X(literal) \
  X(receipt) X(margin) X(vanish) X(ignore) X(resignfirst) X(timeronly) X(resume) X(moveback) \
  X(late) X(norecord) X(nonode) X(oldsuccessor) X(seqless) X(anyunlisted) X(unlistearly) \
  X(takenfordead) X(unbounded) X(nounknown) X(noanew) X(noepoch) X(missdated) X(relist) X(rebased) \
  X(goaltakeover) X(goalhandover) X(goalgone) X(goalresume) \
  X(trace)
#define SWITCH_ENUM(word) SW_##word,
#define SWITCH_NAME(word) #word,
#define ON(word) c_expr { switched[SW_##word] }

c_decl {
  \#include <stdio.h>
  \#include <stdlib.h>
  \#include <string.h>
  enum { SWITCHES(SWITCH_ENUM) SWITCH_COUNT };
  static const char *switch_names[] = { SWITCHES(SWITCH_NAME) };
  static int switched[SWITCH_COUNT];
  __attribute__((constructor)) static void read_switches(void) {
    const char *given = getenv("MODEL");
    char words[1024], *word;
    int at;
    strncpy(words, given == NULL ? "" : given, sizeof words - 1);
    words[sizeof words - 1] = 0;
    for (word = strtok(words, ","); word != NULL; word = strtok(NULL, ",")) {
      for (at = 0; at < SWITCH_COUNT && strcmp(word, switch_names[at]) != 0; at++);
      if (at == SWITCH_COUNT) { fprintf(stderr, "no such switch: %s\n", word); exit(2); }
      switched[at] = 1;
    }
  }
}
