from checks import check_tagged

print(check_tagged(tagged, "%feedback%"))
