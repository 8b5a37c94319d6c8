"""Taking in many keys from a table, in the background.

    text --tables--> rows --preview--> a draft in the database, its secrets sealed
                                         |
                        jobs: start, cancel, lease, mark     (rows and dates)
                                         |
                      running: ask xAI, many at a time --> custody.store

A row's secret is destroyed in the transaction that ends the row, so a row is stored
once or not at all, whatever happens to the process that does it.
"""
