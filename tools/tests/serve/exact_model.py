"""What an exact engine would answer: rows with metadata, filters of random shape, distances in double precision.

The decisions about filters that S3 Vectors leaves open are those of `memvec serve`: a condition on an absent field
matches nothing but {"$exists": false}; of an array any element may match, and for $ne and $nin none may be equal.
"""
import numpy as np

OPERATORS = {
    "$eq": lambda values, wanted: any(same(value, wanted) for value in values),
    "$ne": lambda values, wanted: not any(same(value, wanted) for value in values),
    "$gt": lambda values, bound: any(is_number(value) and value > bound for value in values),
    "$gte": lambda values, bound: any(is_number(value) and value >= bound for value in values),
    "$lt": lambda values, bound: any(is_number(value) and value < bound for value in values),
    "$lte": lambda values, bound: any(is_number(value) and value <= bound for value in values),
    "$in": lambda values, wanted: any(same(value, one) for value in values for one in wanted),
    "$nin": lambda values, wanted: not any(same(value, one) for value in values for one in wanted),
    "$startsWith": lambda values, start: any(isinstance(value, str) and value.startswith(start) for value in values)}


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def same(one, other):
    if is_number(one) and is_number(other):
        return one == other
    return type(one) is type(other) and one == other


def matches(filter, metadata):
    (name, operand), = filter.items()
    if name == "$and":
        return all(matches(branch, metadata) for branch in operand)
    if name == "$or":
        return any(matches(branch, metadata) for branch in operand)
    conditions = operand if isinstance(operand, dict) else {"$eq": operand}
    if name not in metadata:
        return conditions == {"$exists": False}
    value = metadata[name]
    values = value if isinstance(value, list) else [value]
    return all(wanted if operator == "$exists" else OPERATORS[operator](values, wanted)
               for operator, wanted in conditions.items())


def random_metadata(rng):
    """Some of seven fields; each has values of several types and of several frequencies."""
    makers = {
        "year": lambda: int(rng.integers(1980, 2027)), "score": lambda: float(rng.normal()),
        "genre": lambda: f"genre-{min(int(rng.exponential(3)), 12)}", "good": lambda: bool(rng.integers(2)),
        "tags": lambda: [f"t{int(tag)}" for tag in rng.integers(0, 30, rng.integers(1, 5))],
        "ratings": lambda: [int(one) for one in rng.integers(0, 100, 3)],
        "mixed": lambda: [7, "7", True, 7.5, "seven"][int(rng.integers(5))]}
    return {name: make() for name, make in makers.items() if rng.random() < 0.85}


def random_filter(rng, depth=0):
    if depth < 3 and rng.random() < 0.45:
        return {("$and", "$or")[int(rng.integers(2))]: [
            random_filter(rng, depth + 1) for _ in range(int(rng.integers(1, 4)))]}
    name = ("year", "score", "genre", "good", "tags", "ratings", "mixed", "nowhere")[int(rng.integers(8))]

    def value():
        drawn = random_metadata(rng).get(name, 2000)
        return drawn[0] if isinstance(drawn, list) else drawn

    def condition(operator):
        if operator in ("$gt", "$gte", "$lt", "$lte"):
            return value() if name == "year" else float(rng.normal() * (50 if name == "ratings" else 1))
        if operator in ("$in", "$nin"):
            return [value() for _ in range(int(rng.integers(1, 6)))]
        if operator == "$startsWith":
            return ("genre-", "genre-1", "t", "t2", "", "x")[int(rng.integers(6))]
        return bool(rng.integers(2)) if operator == "$exists" else value()
    if rng.random() < 0.2:
        return {name: value()}
    operators = list(OPERATORS) + ["$exists"]
    chosen = rng.choice(len(operators), int(rng.integers(1, 3)), replace=False)
    return {name: {operators[at]: condition(operators[at]) for at in chosen}}


def distances(metric, base, query):
    """Of the query to each row of `base`, which are float32, in double precision."""
    base, query = base.astype(np.float64), query.astype(np.float64)
    if metric == "euclidean":
        return np.sqrt(((base - query) ** 2).sum(1))
    return 1 - base @ query / (np.linalg.norm(base, axis=1) * np.linalg.norm(query))
