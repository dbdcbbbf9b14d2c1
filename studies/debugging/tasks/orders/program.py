import csv


def totals(path):
    result = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            value = int(row["amount"]) * float(row["price"])
            result[row["customer"]] = value
    return result


print(totals("orders.csv"))
