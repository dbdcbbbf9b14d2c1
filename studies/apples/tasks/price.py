def price(number):
    # Write your code here.
    return 0


# The check: please leave it as it is.
wrong = [(number, price(number), cents) for number, cents in [(0, 0), (5, 200), (9, 360), (10, 360), (25, 900)] if price(number) != cents]
if wrong:
    number, got, cents = wrong[0]
    print("not solved yet: the price of", number, "is", got, "instead of", cents)
else:
    print("solved: all %condition% have their price")
