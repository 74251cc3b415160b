"""C26: the workloads of C1, C7, C12 and C17, all of which log with a writer by its name."""

from workloads.exits import log_and_end
from workloads.forks import have_a_child
from workloads.io_errors import log_through_faults
from workloads.kill import log_until_killed

__all__ = ["have_a_child", "log_and_end", "log_through_faults", "log_until_killed"]
