print("los")
