def sort_into_boxes(weights):
    boxes = {"small": [], "medium": [], "large": []}
    # Write your code here.
    return boxes


# The check: please leave it as it is.
boxes = sort_into_boxes([210, 149, 150, 200, 120])
expected = {"small": [149, 120], "medium": [150], "large": [210, 200]}
if boxes == expected:
    print("solved: all %condition% are in their boxes")
else:
    print("not solved yet: the boxes are", boxes, "instead of", expected)
