package io.espalier.deploy.e2e;

/** What happens to a cluster of which one expects that it goes on as if it had not. */
enum Fault {
  /** SIGKILL to the active coordinator, which is started again once another is active. */
  ACTIVE_KILLED,
  /** SIGKILL to one that stands by, which is started again. */
  STANDBY_KILLED,
  /** SIGSTOP to the active coordinator until another is active, then SIGCONT. */
  ACTIVE_FROZEN,
  /** The active coordinator reaches nobody until another is active. */
  ACTIVE_CUT_OFF,
  /** SIGKILL to a worker, or to its process that trains, started again later. */
  WORKER_KILLED,
  /** SIGSTOP to a worker for longer than the failure detector waits, then SIGCONT. */
  WORKER_FROZEN,
  /** SIGTERM to a worker, started again later. */
  WORKER_PREEMPTED,
  /** Some seconds of SIGSTOP to any process: what is said to it comes late, and more than once. */
  HICCUP,
  /** The database crashes and is started again. */
  DATABASE_RESTARTED,
  /** Nothing more can be written to a worker's spool, for some seconds. */
  DISK_FULL
}
