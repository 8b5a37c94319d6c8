"""What a job would cost: an address that holds the inputs, and whole ticks out of it.

address or scenario -> inputs -+
                               +-> comparison (lines, each with its working)
what teams are told -> offers -+
"""
