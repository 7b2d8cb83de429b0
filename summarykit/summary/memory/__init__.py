"""The memory that people ask for: to hold, to run and to train a model, each figure with its formula."""

from summarykit.summary.memory.cache import Cache as Cache
from summarykit.summary.memory.cache import Config as Config
from summarykit.summary.memory.cache import kv_cache as kv_cache
from summarykit.summary.memory.rows import MemoryRow as MemoryRow
from summarykit.summary.memory.tables import Memory as Memory
from summarykit.summary.memory.tables import memory as memory
