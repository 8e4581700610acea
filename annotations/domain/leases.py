"""What leases are called, and how long they hold."""

#: Seconds that a lease holds unless it is renewed: a process may be silent so long.
LENGTH = 30.0
#: Seconds between two renewals.
BEAT = 10.0
#: What the name of a worker process's own lease begins with; its UUID follows.
WORKER = "worker "
#: What the name of the lease of a batch of imports begins with; the batch's UUID follows.
IMPORT = "import "
