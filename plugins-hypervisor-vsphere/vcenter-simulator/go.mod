module tidemark.io/vcenter-simulator

go 1.25

require (
	github.com/google/uuid v1.6.0
	github.com/vmware/govmomi v0.54.0
)
