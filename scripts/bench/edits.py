"""Words of two texts side by side, with the fewest edits (Levenshtein)."""


def align(reference, hypothesis):
    """-> pairs (reference word or None, hypothesis word or None), in order"""
    columns = len(hypothesis) + 1
    cost = [list(range(columns))]
    for i, word in enumerate(reference, 1):
        above, row = cost[-1], [i]
        for j in range(1, columns):
            row.append(min(above[j - 1] + (word != hypothesis[j - 1]), above[j] + 1, row[j - 1] + 1))
        cost.append(row)
    pairs, i, j = [], len(reference), len(hypothesis)
    while i > 0 or j > 0:
        if i > 0 and j > 0 and cost[i][j] == cost[i - 1][j - 1] + (reference[i - 1] != hypothesis[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((reference[i], hypothesis[j]))
        elif i > 0 and cost[i][j] == cost[i - 1][j] + 1:
            i -= 1
            pairs.append((reference[i], None))
        else:
            j -= 1
            pairs.append((None, hypothesis[j]))
    return pairs[::-1]


def count_errors(reference, hypothesis):
    """-> (substitutions + deletions + insertions, words of the reference)"""
    return sum(one != other for one, other in align(reference, hypothesis)), len(reference)
