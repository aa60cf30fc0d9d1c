"""What a row of the benchmark is: work that LuaFlow and its twin in PyTorch both do."""

from dataclasses import dataclass
from typing import Callable, Optional


@dataclass
class Row:
    """`run` is what is timed. Its result (a tensor, a number, or several) is compared with LuaFlow's before that.

    check      what is compared instead, where `run` cannot be repeated: it changes parameters, or draws at random
    uncertain  which pictures (the first dimension of results) are not compared, as rounding decides on what is right for
               them; at most a quarter of them, and one at least is left
    tolerance  the largest difference that is taken for rounding, as a part of the largest number of the result
    flops      additions and multiplications that the job needs at least (0: not counted)
    bytes      bytes that have to be read and written at least (0: not counted)
    double     the operations are in float64
    items      into how many the time is divided in the table of growth (0: the row is not in it)
    memory     how many runs are watched for memory (0: the row is timed)
    """

    name: str
    run: Callable
    check: Optional[Callable] = None
    uncertain: Optional[Callable] = None
    tolerance: float = 1e-5
    flops: float = 0
    bytes: float = 0
    double: bool = False
    items: int = 0
    memory: int = 0
