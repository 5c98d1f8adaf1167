# What is printed has the name: <function <lambda> at ...>.
double = lambda x: 2 * x
print(str(double)[:18])
