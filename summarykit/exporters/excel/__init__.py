"""Excel: a workbook with live formulas."""
