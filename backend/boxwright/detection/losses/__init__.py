"""The training loss of an SSD, and the mining of hard examples."""
