def count_weights(weights):
    # Write your code here.
    return {}


# The check: please leave it as it is.
crate = [150, 170, 150, 160, 150]
counted = count_weights(crate)
expected = {150: 3, 160: 1, 170: 1}
if counted != expected:
    print("not solved yet: the result for", crate, "is", counted, "instead of", expected)
elif count_weights([]) != {}:
    print("not solved yet: an empty crate has no weights")
else:
    print("solved: all %condition% are counted")
