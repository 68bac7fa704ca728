from frontload.plan import Plan
class Explanation(str): pass
def explain_plan(plan, plan_of): return Explanation(str(plan))
