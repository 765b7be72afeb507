"""What can fail in a step, said so that a user can act on it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from boxwright.training.errors import OutOfMemoryError, TrainingError
from boxwright.training.hardware.devices import lost_worker
from boxwright.training.input.pipeline import Batch, explain_bad_record, first_line
from boxwright.training.session import TrainingSession
from boxwright.training.step import StepResult


def usable_batches(session: TrainingSession) -> Iterator[Batch]:
    """Yield the session's batches, of which each makes a step; before an error ends the run, its steps are saved.

    Raises:
        TrainingError: A record cannot be used, which it names; or another worker is gone.
    """
    iterator = iter(session.batches)
    made = 0
    while True:
        try:
            batch = next(iterator)
        except StopIteration:
            return
        except tf.errors.OpError as error:
            if made:
                session.saver.save(session.step + made)
            raise _input_error(session, error) from error
        yield batch
        made += 1


def make_step(
    session: TrainingSession, step: int, batch: Batch, learning_rate: np.float32, *, wish_to_stop: bool
) -> StepResult:
    """Make one step, after `step` others, and check its numbers.

    Raises:
        OutOfMemoryError: Memory ran out.
        TrainingError: Another worker is gone, or the loss is not finite.
    """
    devices = session.context.devices
    try:
        result = session.train_step(batch.images, batch.targets, learning_rate, step=step, wish_to_stop=wish_to_stop)
    except tf.errors.ResourceExhaustedError as error:
        raise OutOfMemoryError(f"memory ran out with batch size {session.context.batch_size}.") from error
    except tf.errors.OpError as error:
        if devices.workers > 1:
            raise lost_worker(devices, error) from error
        raise
    session.history.add(result)
    _check_finite(session, step + 1, batch, result)
    return result


def _input_error(session: TrainingSession, error: tf.errors.OpError) -> TrainingError:
    context = session.context
    is_of_a_record = isinstance(error, tf.errors.InvalidArgumentError | tf.errors.DataLossError)
    if context.devices.workers > 1 and not is_of_a_record:
        return lost_worker(context.devices, error)  # the workers agree on whether there is another batch
    num_classes = context.pipeline_config.model.ssd.num_classes
    return explain_bad_record(context.records.paths, session.decode, num_classes) or TrainingError(
        f"the input pipeline failed: {first_line(error)}. Run boxwright check."
    )


def _check_finite(session: TrainingSession, step: int, batch: Batch, result: StepResult) -> None:
    # what a skipped step's gradients overflowed to is float16's, and the loss scale has been halved
    losses_are_finite = all(map(math.isfinite, result._replace(gradient_norm=0.0)))
    if losses_are_finite and (math.isfinite(result.gradient_norm) or result.skipped):
        return
    records = session.context.devices.strategy.experimental_local_results(batch.records)
    names = ", ".join(name or "(without a name)" for name in session.names_of(np.concatenate(records)))
    numbers = ", ".join(f"{name} = {value:g}" for name, value in list(result._asdict().items())[:5])
    session.saver.record_failure(step, numbers)
    saved = session.saver.saved
    kept = f"the last good checkpoint is {saved}" if saved else "no checkpoint was made yet"
    raise TrainingError(
        f"step {step}: the loss is not finite ({numbers}), so training stopped; {kept}. The images of this batch: "
        f"{names}. Look at their boxes (boxwright check); if they are right, lower the learning rate by ten, or "
        "set gradient_clipping_by_norm: 10 in train_config."
    )
