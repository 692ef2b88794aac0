// A team: threads that do one piece of work together and meet at barriers. Without POSIX threads it has one member.
//
// A barrier spins briefly and then sleeps, so a team of more threads than there are idle cores loses little time.
#ifndef ANN_TEAM_H
#define ANN_TEAM_H
#include <stdlib.h>

#if defined(_WIN32)
#define ANN_THREADS 0
#else
#define ANN_THREADS 1
#include <pthread.h>
#endif

namespace ann_team {

struct Team {
  int members;
#if ANN_THREADS
  pthread_mutex_t mutex;
  pthread_cond_t moved;
  int waiting, phase;
#endif
};

typedef void (*Work)(void *context, Team *team, int member);

#if ANN_THREADS

static inline void pause_cpu() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

static inline void meet(Team *team) {
  if (team->members == 1) return;
  const int phase = __atomic_load_n(&team->phase, __ATOMIC_ACQUIRE);
  if (__atomic_add_fetch(&team->waiting, 1, __ATOMIC_ACQ_REL) == team->members) {
    team->waiting = 0;
    pthread_mutex_lock(&team->mutex);
    __atomic_store_n(&team->phase, phase + 1, __ATOMIC_RELEASE);
    pthread_cond_broadcast(&team->moved);
    pthread_mutex_unlock(&team->mutex);
    return;
  }
  for (int spin = 0; spin < 2000; spin++) {
    if (__atomic_load_n(&team->phase, __ATOMIC_ACQUIRE) != phase) return;
    pause_cpu();
  }
  pthread_mutex_lock(&team->mutex);
  while (__atomic_load_n(&team->phase, __ATOMIC_ACQUIRE) == phase) pthread_cond_wait(&team->moved, &team->mutex);
  pthread_mutex_unlock(&team->mutex);
}

struct Member {
  Work work;
  void *context;
  Team *team;
  int number, *go;
  pthread_t thread;
};

static inline void *start_member(void *argument) {
  Member *m = (Member *)argument;
  pthread_mutex_lock(&m->team->mutex);
  while (!*m->go) pthread_cond_wait(&m->team->moved, &m->team->mutex);
  const bool taken = m->number < m->team->members;
  pthread_mutex_unlock(&m->team->mutex);
  if (taken) m->work(m->context, m->team, m->number);
  return NULL;
}

// Runs `work` on up to `members` threads, of which the caller is one; on fewer if the system refuses to start more.
static inline void run(Work work, void *context, int members) {
  Team team;
  team.members = 1;
  Member *all = members > 1 ? (Member *)malloc(sizeof(Member) * (size_t)members) : NULL;
  if (!all) {
    work(context, &team, 0);
    return;
  }
  pthread_mutex_init(&team.mutex, NULL);
  pthread_cond_init(&team.moved, NULL);
  team.waiting = team.phase = 0;
  int go = 0, started = 1;
  for (; started < members; started++) {
    Member &m = all[started];
    m.work = work;
    m.context = context;
    m.team = &team;
    m.number = started;
    m.go = &go;
    if (pthread_create(&m.thread, NULL, start_member, &m)) break;
  }
  pthread_mutex_lock(&team.mutex);
  team.members = started;
  go = 1;
  pthread_cond_broadcast(&team.moved);
  pthread_mutex_unlock(&team.mutex);
  work(context, &team, 0);
  for (int k = 1; k < started; k++) pthread_join(all[k].thread, NULL);
  pthread_mutex_destroy(&team.mutex);
  pthread_cond_destroy(&team.moved);
  free(all);
}

#else

static inline void meet(Team *) {}
static inline void run(Work work, void *context, int) {
  Team team;
  team.members = 1;
  work(context, &team, 0);
}

#endif
}  // namespace ann_team
#endif
