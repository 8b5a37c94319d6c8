"""Charts as numbers: where each mark of a server-made SVG stands. Pure.

Across in per cent of the drawing and down in pixels, so that it stretches and its
text does not. Templates of the same names write the marks: `finance/_step_chart.html`,
`finance/_bar_chart.html`, `finance/_spark.html`.
"""

from console.finance.charts.bars import BarChart, DayNote, DayOf, bar_chart
from console.finance.charts.sparks import Spark, spark
from console.finance.charts.steps import Gap, Note, Series, Step, StepChart, step_chart

__all__ = [
    "BarChart",
    "DayNote",
    "DayOf",
    "Gap",
    "Note",
    "Series",
    "Spark",
    "Step",
    "StepChart",
    "bar_chart",
    "spark",
    "step_chart",
]
