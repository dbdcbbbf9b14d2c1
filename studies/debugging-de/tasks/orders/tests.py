from checks import check_totals

print(check_totals(totals, "%feedback%"))
