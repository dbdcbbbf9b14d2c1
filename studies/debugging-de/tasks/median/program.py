def median(numbers):
    numbers.sort()
    middle = len(numbers) // 2
    return numbers[middle]


print(median([3, 1, 2]))
