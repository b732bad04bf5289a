package main

import "slices"

// median returns the middle of the values, which rare disturbances do not
// change.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	switch n := len(sorted); {
	case n == 0:
		return 0
	case n%2 == 1:
		return sorted[n/2]
	default:
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
}

func medianOf[T any](values []T, figure func(T) float64) float64 {
	figures := make([]float64, len(values))
	for i, v := range values {
		figures[i] = figure(v)
	}
	return median(figures)
}

func medianCost(costs []cost) cost {
	return cost{
		nanos:  medianOf(costs, func(c cost) float64 { return c.nanos }),
		bytes:  medianOf(costs, func(c cost) float64 { return c.bytes }),
		allocs: medianOf(costs, func(c cost) float64 { return c.allocs }),
	}
}
