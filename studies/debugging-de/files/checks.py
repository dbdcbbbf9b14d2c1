"""Die Tests, die Teilnehmende ausführen. Sie sagen, wie viele Fälle scheitern, oder welche und wie."""


def run(name, cases, feedback):
    failed = []
    for what, test, expected in cases:
        try:
            found = test()
        except Exception as error:
            found = error
        if repr(found) != repr(expected):
            failed.append(f"  {what} ist {found!r} statt {expected!r}")
    if not failed:
        return f"gelöst: alle {len(cases)} Tests von {name} gelingen"
    report = [f"noch nicht gelöst: {len(failed)} von {len(cases)} Tests von {name} scheitern"]
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
        ("[3, 1, 2] nach median", changed, [3, 1, 2]),
    ]
    return run("median", cases, feedback)


def check_totals(totals, feedback):
    cases = [
        ("totals('orders.csv')", lambda: totals("orders.csv"), {"Ada": 7.0, "Grace": 13.5, "Alan": 12.75}),
        ("totals('orders.csv'), noch einmal", lambda: totals("orders.csv"), {"Ada": 7.0, "Grace": 13.5, "Alan": 12.75}),
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
