"""The talk: messages, providers, the router, the loop of the agent, and what each answer costs."""
