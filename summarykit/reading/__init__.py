"""From a live model to plain records; the only part that imports torch and holds modules."""

from summarykit.reading.folder import load_folder as load_folder
from summarykit.reading.target import load_target as load_target
from summarykit.reading.walk import read_model as read_model
