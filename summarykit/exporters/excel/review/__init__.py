"""A reviewed workbook, read back: what was changed in it, by whom, with which remarks.

`file` opens the workbook and its cells, `comments` finds what is pinned to them, `reading` holds them against what the
sheet *Originals* kept, `values` is what comes of it, `words` says it as text and as JSON.
"""

from summarykit.exporters.excel.review.reading import read_workbook as read_workbook
from summarykit.exporters.excel.review.values import Change as Change
from summarykit.exporters.excel.review.values import Comment as Comment
from summarykit.exporters.excel.review.values import Review as Review
from summarykit.exporters.excel.review.values import Total as Total
