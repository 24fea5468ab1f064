"""Which function makes a section, by the kind that a figure is declared with."""

from reports.exhibits.along import sharpness_along
from reports.exhibits.bars import bars, layer_bars, update_norm_histogram
from reports.exhibits.condition_maps import condition_groups, condition_map, condition_sizes
from reports.exhibits.conditions import (
    condition_curves,
    condition_ends,
    condition_schedule,
    condition_updates,
    table_of_conditions,
)
from reports.exhibits.drawn import (
    gradient_sketch,
    minima_sketch,
    model_diagram,
    sample_pictures,
    table_only,
)
from reports.exhibits.exhibit import Kind
from reports.exhibits.heat_map import heat_map
from reports.exhibits.landscapes import condition_landscapes, landscape_contours
from reports.exhibits.lines import epoch_distance_curves, interpolation_curves, loss_curves
from reports.exhibits.measured_conditions import (
    condition_along,
    condition_batches,
    condition_line,
    condition_switch,
)
from reports.exhibits.noise import noise_course
from reports.exhibits.sharpness import sharpness_spread, sharpness_trials
from reports.exhibits.slices import (
    condition_lines,
    landscape_slices,
    rescaling,
)
from reports.exhibits.sweep import sweep_law, sweep_prediction, sweep_rates, sweep_table
from reports.exhibits.trajectories import trajectories, trajectory_shares

KINDS: dict[str, Kind] = {
    "bars": bars,
    "condition_along": condition_along,
    "condition_batches": condition_batches,
    "condition_curves": condition_curves,
    "condition_ends": condition_ends,
    "condition_line": condition_line,
    "condition_groups": condition_groups,
    "condition_map": condition_map,
    "condition_landscapes": condition_landscapes,
    "condition_lines": condition_lines,
    "condition_schedule": condition_schedule,
    "condition_sizes": condition_sizes,
    "condition_switch": condition_switch,
    "condition_updates": condition_updates,
    "condition_table": table_of_conditions,
    "epoch_distance_curves": epoch_distance_curves,
    "gradient_sketch": gradient_sketch,
    "heat_map": heat_map,
    "interpolation_curves": interpolation_curves,
    "landscape_contours": landscape_contours,
    "landscape_slices": landscape_slices,
    "layer_bars": layer_bars,
    "loss_curves": loss_curves,
    "minima_sketch": minima_sketch,
    "model_diagram": model_diagram,
    "rescaling": rescaling,
    "noise_course": noise_course,
    "sample_pictures": sample_pictures,
    "sharpness_along": sharpness_along,
    "sharpness_spread": sharpness_spread,
    "sharpness_trials": sharpness_trials,
    "sweep_law": sweep_law,
    "sweep_prediction": sweep_prediction,
    "sweep_rates": sweep_rates,
    "sweep_table": sweep_table,
    "table": table_only,
    "trajectories": trajectories,
    "trajectory_shares": trajectory_shares,
    "update_norm_histogram": update_norm_histogram,
}
"""A new kind of figure is a function here and a ``kind`` in the declaration."""
