"""The tests that participants run. They say how many cases fail, or which and how."""


def run(name, cases, feedback):
    failed = []
    for what, test, expected in cases:
        try:
            found = test()
        except Exception as error:
            found = error
        if repr(found) != repr(expected):
            failed.append(f"  {what} is {found!r} instead of {expected!r}")
    if not failed:
        return f"solved: all {len(cases)} tests of {name} pass"
    report = [f"not solved yet: {len(failed)} of {len(cases)} tests of {name} fail"]
    return "\n".join(report + (failed if feedback == "details" else []))


def check_median(median, feedback):
    def changed():
        numbers = [3, 1, 2]
        median(numbers)
        return numbers

    cases = [
        ("median([3, 1, 2])", lambda: median([3, 1, 2]), 2),
        ("median([5])", lambda: median([5]), 5),
        ("median([4, 1, 3, 2])", lambda: median([4, 1, 3, 2]), 2.5),
        ("[3, 1, 2] after median", changed, [3, 1, 2]),
    ]
    return run("median", cases, feedback)


def check_totals(totals, feedback):
    cases = [
        ("totals('orders.csv')", lambda: totals("orders.csv"), {"Ada": 7.0, "Grace": 13.5, "Alan": 12.75}),
        ("totals('orders.csv'), once more", lambda: totals("orders.csv"), {"Ada": 7.0, "Grace": 13.5, "Alan": 12.75}),
    ]
    return run("totals", cases, feedback)


def check_tagged(tagged, feedback):
    cases = [
        ("tagged('red')", lambda: tagged("red"), ["red"]),
        ("tagged('blue')", lambda: tagged("blue"), ["blue"]),
        ("tagged('blue', ['red'])", lambda: tagged("blue", ["red"]), ["red", "blue"]),
        ("tagged('red', ['red'])", lambda: tagged("red", ["red"]), ["red"]),
    ]
    return run("tagged", cases, feedback)
