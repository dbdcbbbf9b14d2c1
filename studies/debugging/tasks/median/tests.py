from checks import check_median

print(check_median(median, "%feedback%"))
