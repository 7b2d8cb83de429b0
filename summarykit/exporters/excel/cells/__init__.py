"""Cells of the workbook: live formulas, labels, row heights, page setup."""
