"""The archive of homework 6: packed at the highest quality below two megabytes, and validated as a stranger's file."""
